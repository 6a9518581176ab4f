/** The sign of Holdfast: a link. */
export const Mark = ({ className }: { className?: string }) => (
  <svg aria-hidden="true" viewBox="0 0 32 32" className={className}>
    <rect width="32" height="32" rx="8" fill="#3b4fd8" />
    <path
      d="M13 19l6-6M14.5 10.5l1.8-1.8a4.95 4.95 0 0 1 7 7l-1.8 1.8M17.5 21.5l-1.8 1.8a4.95 4.95 0 0 1-7-7l1.8-1.8"
      fill="none"
      stroke="#fff"
      strokeWidth="2.5"
      strokeLinecap="round"
    />
  </svg>
)
