// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed one by one cannot be those of a table element
// biome-ignore-all lint/a11y/useFocusableInteractive: a table's rows and headers are read, not operated
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { cn } from '../lib/cn.ts'
import { Button } from './button.tsx'

export interface Column {
  label: string
  /** Where there is no room for it. */
  className?: string
  hideLabel?: boolean
}

/**
 * A table of which only the rows in sight exist, so that its length does not matter. More rows are asked for as the end
 * comes near.
 *
 * @param template The columns' widths, as a class that sets `grid-template-columns`.
 */
export function Rows<Item>({
  label,
  columns,
  template,
  items,
  total,
  rowHeight,
  rowKey,
  hasMore,
  loadingMore,
  onMore,
  header,
  children,
}: {
  label: string
  columns: readonly Column[]
  template: string
  items: readonly Item[]
  /** How many there are, where that is known. */
  total?: number | undefined
  /** In pixels. */
  rowHeight: number
  rowKey: (item: Item) => string
  hasMore: boolean
  loadingMore: boolean
  onMore: () => void
  /** Instead of the first column's label. */
  header?: ReactNode
  /** The cells of one row. */
  children: (item: Item) => ReactNode
}) {
  const body = useRef<HTMLDivElement>(null)
  const [scrollMargin, setScrollMargin] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: what stands above may have grown with the items
  useLayoutEffect(() => {
    const top = body.current?.getBoundingClientRect().top
    if (top !== undefined) setScrollMargin(top + window.scrollY)
  }, [items.length])

  const virtualizer = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin,
    getItemKey: (index) => rowKey(items[index] as Item),
  })
  const rows = virtualizer.getVirtualItems()
  const last = rows.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && !loadingMore && last >= items.length - 15) onMore()
  }, [hasMore, loadingMore, last, items.length, onMore])

  const row = cn('grid items-center gap-x-3 px-4', template)
  return (
    <div role="table" aria-label={label} aria-rowcount={(total ?? (hasMore ? -2 : items.length)) + 1}>
      <div role="rowgroup">
        <div
          role="row"
          aria-rowindex={1}
          className={cn(row, 'h-9 border-b border-line text-xs font-medium text-faint')}
        >
          {columns.map((column, index) => (
            <div key={column.label} role="columnheader" className={column.className}>
              {index === 0 && header ? (
                header
              ) : (
                <span className={column.hideLabel ? 'sr-only' : ''}>{column.label}</span>
              )}
            </div>
          ))}
        </div>
      </div>
      <div ref={body} role="rowgroup" className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {rows.map(({ key, index, start }) => (
          <div
            key={key}
            role="row"
            aria-rowindex={index + 2}
            className={cn(
              row,
              'absolute inset-x-0 top-0 border-b border-line text-sm last:border-b-0 hover:bg-hover has-focus-visible:bg-hover',
            )}
            style={{ height: rowHeight, transform: `translateY(${start - scrollMargin}px)` }}
          >
            {children(items[index] as Item)}
          </div>
        ))}
      </div>
      {hasMore && (
        <div role="rowgroup">
          <div role="row" className="flex justify-center p-2">
            <div role="cell">
              <Button variant="ghost" size="sm" busy={loadingMore} onClick={onMore}>
                {loadingMore ? 'Loading more…' : 'Show more'}
              </Button>
            </div>
          </div>
        </div>
      )}
    </div>
  )
}

export function Cell({ className, children }: { className?: string; children?: ReactNode }) {
  return (
    <div role="cell" className={cn('min-w-0', className)}>
      {children}
    </div>
  )
}
