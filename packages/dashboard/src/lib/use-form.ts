import { isHoldfastError } from '@holdfast/sdk'
import { type FormEvent, useState } from 'react'

interface Refusal {
  error: unknown
  /** What the form's own fields are told, by their names. */
  fields: ReadonlyMap<string, string>
  /** Whether that is all there is to say. */
  isAllInFields: boolean
}

/**
 * A form that is sent once at a time. What was typed stays when the server refuses it.
 *
 * @returns `errorOf`: what the server says about a field. `error`: the refusal, unless the fields say all of it.
 */
export function useForm(send: (values: Record<string, string>) => Promise<unknown>) {
  const [busy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<Refusal>()
  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (busy) return
    const form = event.currentTarget
    const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]))
    setBusy(true)
    setRefusal(undefined)
    try {
      await send(values)
    } catch (error) {
      setRefusal(refusalOf(error, form))
    }
    setBusy(false)
  }
  return {
    busy,
    error: refusal?.isAllInFields ? undefined : refusal?.error,
    code: isHoldfastError(refusal?.error) ? refusal.error.code : undefined,
    errorOf: (name: string) => refusal?.fields.get(name),
    onSubmit,
  }
}

function refusalOf(error: unknown, form: HTMLFormElement): Refusal {
  const told = isHoldfastError(error) ? error.fields : []
  const isField = (name: string) => name !== '' && form.elements.namedItem(name) !== null
  const names = told.map(({ property }) => (isField(property) ? property : (property.split('.')[0] ?? '')))
  return {
    error,
    fields: new Map(told.map(({ message }, index) => [names[index] ?? '', message])),
    isAllInFields: names.length > 0 && names.every(isField),
  }
}
