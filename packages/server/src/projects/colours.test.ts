import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { brandColours, contrast } from './colours.ts'

const colour = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, '0')}`)

test('contrast is that of WCAG', () => {
  assert.equal(contrast('#000000', '#ffffff'), 21)
  assert.equal(contrast('#777777', '#777777'), 1)
  assert.equal(contrast('#767676', '#ffffff').toFixed(2), '4.54')
})

test('whatever the colour, text on it and text in it can be read in light and dark', () => {
  fc.assert(
    fc.property(colour, (chosen) => {
      const { light, dark } = brandColours(chosen)
      for (const [set, ground] of [
        [light, '#ffffff'],
        [light, '#f5f7fc'],
        [dark, '#161b27'],
        [dark, '#1c2231'],
      ] as const) {
        assert.ok(contrast(set.button, set.onButton) >= 4.5, `${chosen}: text on the button`)
        assert.ok(contrast(set.buttonHover, set.onButton) >= 4.5, `${chosen}: text on the button under the pointer`)
        assert.ok(contrast(set.buttonEdge, ground) >= 3, `${chosen}: the edge of the button`)
        assert.ok(contrast(set.accent, ground) >= 4.5, `${chosen}: a link`)
      }
    }),
  )
})

test('a colour that can be read stays as it is', () => {
  assert.deepEqual(brandColours('#3b4fd8').light.button, '#3b4fd8')
  assert.deepEqual(brandColours('#3b4fd8').light.buttonEdge, '#3b4fd8')
  assert.deepEqual(brandColours('#3b4fd8').light.accent, '#3b4fd8')
  assert.deepEqual(brandColours('#a3b1ff').dark.accent, '#a3b1ff')
})
