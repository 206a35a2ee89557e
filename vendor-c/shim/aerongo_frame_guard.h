/*
 * The frame guard: what comes in by UDP is looked at before the driver acts on it.
 *
 * Upstream's driver trusts its peers in places where a wrong frame costs the process: see docs/SECURITY.md for which frames, and
 * what they do without the guard. The guard is an incoming interceptor, the first of a driver's, and drops them.
 */
#ifndef AERONGO_FRAME_GUARD_H
#define AERONGO_FRAME_GUARD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C"
{
#endif

struct aeron_driver_context_stct;

/* The type of the counter of rejected datagrams. Aeron leaves ids from 1000 on to applications. */
#define AERONGO_FRAME_GUARD_COUNTER_TYPE_ID (7101)

/*
 * Puts the guard in front of the context's incoming interceptors; the context frees it. To be called before every
 * aeron_driver_init, which makes the counter. -1 and Aeron's error if there is no memory.
 */
int aerongo_frame_guard_install(struct aeron_driver_context_stct *context);

/* How many datagrams the guard of a driver has dropped; 0 before aeron_driver_init. Not once the context is closed. Any thread. */
int64_t aerongo_frame_guard_rejected(struct aeron_driver_context_stct *context);

/*
 * What can be said of a datagram without knowing the streams: 1 if the driver may have it, 0 if the guard drops it. buffer must be
 * aligned to 8 bytes. Any thread.
 */
int aerongo_frame_guard_is_well_formed(const uint8_t *buffer, size_t length);

#ifdef __cplusplus
}
#endif

#endif
