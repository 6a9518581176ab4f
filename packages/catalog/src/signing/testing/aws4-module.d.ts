/** The little of `aws4` that a test uses; the package has no types of its own. */
declare module 'aws4' {
  interface Request {
    method: string
    host: string
    path: string
    headers: Record<string, string>
    body: string
    region: string
    service: string
    extraHeadersToIgnore: Record<string, boolean>
  }

  const aws4: {
    sign(
      request: Request,
      credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined },
    ): { headers: Record<string, string> }
  }
  export default aws4
}
