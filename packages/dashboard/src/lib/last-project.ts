const key = 'holdfast-project'

/** The project looked at last in this browser. */
export const lastProject = (): string | null => localStorage.getItem(key)
export const rememberProject = (projectId: string): void => localStorage.setItem(key, projectId)
