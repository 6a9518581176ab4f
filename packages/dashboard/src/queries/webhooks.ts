import type { DeliveryStatus } from '@holdfast/sdk'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { serverFor } from '../lib/server.ts'

export const endpointsQuery = (projectId: string) =>
  queryOptions({
    queryKey: ['project', projectId, 'webhooks'],
    queryFn: ({ signal }) => serverFor(projectId).webhooks.list({ signal }),
  })

export const endpointQuery = (projectId: string, endpointId: string) =>
  queryOptions({
    queryKey: ['project', projectId, 'webhooks', endpointId],
    queryFn: ({ signal }) => serverFor(projectId).webhooks.get(endpointId, { signal }),
  })

export const deliveriesQuery = (projectId: string, endpointId: string, status: DeliveryStatus | undefined) =>
  infiniteQueryOptions({
    queryKey: ['project', projectId, 'webhooks', endpointId, 'deliveries', status],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      serverFor(projectId).webhooks.deliveries(endpointId, { status, cursor: pageParam, limit: 50 }, { signal }),
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    // A delivery that waits for its next attempt changes without an event of its own.
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ items }) => items.some((item) => item.status === 'pending')) ? 2000 : false,
  })

export const deliveryQuery = (projectId: string, deliveryId: string) =>
  queryOptions({
    queryKey: ['project', projectId, 'deliveries', deliveryId],
    queryFn: ({ signal }) => serverFor(projectId).webhooks.getDelivery(deliveryId, { signal }),
    refetchInterval: ({ state }) => (state.data?.status === 'pending' ? 2000 : false),
  })

export const eventTypesQuery = (projectId: string) =>
  queryOptions({
    queryKey: ['project', projectId, 'event-types'],
    queryFn: ({ signal }) => serverFor(projectId).events.types({ signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })
