import type { Operator, Project } from '@holdfast/sdk'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { sessionQuery } from '../queries/session.ts'

/** The project of the address. Only below the layout that has made sure of it. */
export function useProject(): Project {
  const { projectId } = useParams({ strict: false })
  const { data } = useQuery(sessionQuery)
  const project = data?.projects.find(({ id }) => id === projectId)
  if (!project) throw new Error('There is no project here.')
  return project
}

export function useOperator(): Operator {
  const { data } = useQuery(sessionQuery)
  if (!data) throw new Error('Nobody is signed in.')
  return data.operator
}

/** Whether this person may change things. The server decides; this only spares them buttons that would be refused. */
export const useMayChange = (): boolean => useOperator().role !== 'viewer'
