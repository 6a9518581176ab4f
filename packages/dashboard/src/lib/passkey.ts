import type { WebAuthnJson } from '@holdfast/sdk'

/** Whether this browser and this address can use passkeys: they need https, or localhost by that name. */
export const passkeysWork = (): boolean =>
  window.isSecureContext &&
  'PublicKeyCredential' in window &&
  'parseRequestOptionsFromJSON' in PublicKeyCredential &&
  !/^[\d.]+$|^\[/.test(location.hostname)

/** Has the browser ask for a passkey. @see https://www.w3.org/TR/webauthn-3/#sctn-parseRequestOptionsFromJSON */
export async function askForPasskey(options: WebAuthnJson): Promise<WebAuthnJson> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as unknown as PublicKeyCredentialRequestOptionsJSON,
  )
  return toJson(await navigator.credentials.get({ publicKey }))
}

export async function makePasskey(options: WebAuthnJson): Promise<WebAuthnJson> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as unknown as PublicKeyCredentialCreationOptionsJSON,
  )
  return toJson(await navigator.credentials.create({ publicKey }))
}

function toJson(credential: Credential | null): WebAuthnJson {
  if (!(credential instanceof PublicKeyCredential)) throw new Error('The browser gave no passkey.')
  return { ...credential.toJSON() }
}
