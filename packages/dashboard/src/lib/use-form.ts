import { isHoldfastError } from '@holdfast/sdk'
import { type FormEvent, useState } from 'react'

/**
 * A form that is sent once at a time. What was typed stays when the server refuses it.
 *
 * @returns `errorOf`: what the server says about a field. `error`: what it says about the rest.
 */
export function useForm(send: (values: Record<string, string>) => Promise<unknown>) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const fields = isHoldfastError(error) ? error.fields : []
  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (busy) return
    const values = Object.fromEntries(
      [...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value)]),
    )
    setBusy(true)
    setError(undefined)
    try {
      await send(values)
    } catch (caught) {
      setError(caught)
    }
    setBusy(false)
  }
  const errorOf = (name: string) => fields.find(({ property }) => property === name)?.message
  return {
    busy,
    error: fields.length > 0 ? undefined : error,
    code: isHoldfastError(error) ? error.code : undefined,
    errorOf,
    onSubmit,
  }
}
