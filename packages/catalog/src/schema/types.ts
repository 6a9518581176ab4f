import type { AppDefinition } from '../schema.ts'

/** Where in a definition something stands. */
export type Path = (string | number)[]
export type Report = (path: Path, message: string) => void

/** The parts of an app that its schemes share. */
export type AppShape = Pick<AppDefinition, 'baseUrl' | 'headers' | 'query' | 'testCall' | 'identity' | 'authSchemes'>
