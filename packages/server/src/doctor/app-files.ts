import { type Finding, ok, problem } from './report.ts'

/** A file that is not used as it stands. */
interface WrongFile {
  file: string
  problems: { property: string; message: string }[]
}

/** @param used How many files are good. @returns Nothing where the operator has no such files. */
export function checkAppFiles(folder: string, used: number, wrong: readonly WrongFile[]): Finding[] {
  if (used === 0 && wrong.length === 0) return []
  if (wrong.length === 0) return [ok('app_files', `${folder} holds ${used} app(s) of yours.`)]
  return [
    problem(
      'app_files',
      `${wrong.length} app file(s) in ${folder} cannot be used as they stand.`,
      'Correct them; a running server takes them over within seconds. Of a file that was good before, that content goes on in use.',
      wrong.flatMap(({ file, problems }) =>
        problems.map(({ property, message }) => `${file}: ${property === '' ? '' : `${property}: `}${message}`),
      ),
    ),
  ]
}
