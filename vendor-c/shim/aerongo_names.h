/*
 * The frame guard's second stage for names of drivers, on the thread of the name resolver. Upstream's keeps every name and every address
 * that it is told of, and tells each of them of all others: what a stranger makes up multiplies.
 */
#ifndef AERONGO_NAMES_H
#define AERONGO_NAMES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "aeron_driver_common.h"
#include "aeron_driver_context.h"
#include "aeron_name_resolver_cache.h"

/* How many names, each with an address, a driver knows at most: it sends each to the addresses of all. */
#define AERONGO_NAMES (500)

/* What is known of a name until the resolver forgets it. */
typedef struct aerongo_name_stct
{
    int64_t deadline_ms;
    aeron_name_resolver_cache_addr_t address;
    size_t length;
    char name[AERON_MAX_HOSTNAME_LEN];
}
aerongo_name_t;

typedef struct aerongo_names_stct
{
    aeron_clock_cache_t *clock; /* the resolver's own */
    int64_t timeout_ms;
    size_t longest; /* entry that fits a datagram of the resolver's */
    size_t length;
    aerongo_name_t names[AERONGO_NAMES];
}
aerongo_names_t;

void aerongo_names_init(aerongo_names_t *names, aeron_driver_context_t *context);

/*
 * Of a well formed datagram that has come to the resolver from addr: takes out of it what the driver may not have, and gives the length
 * of what is left. An age below zero becomes zero: it comes from a clock that was set back, and would keep a name for as long.
 */
size_t aerongo_names_admit(aerongo_names_t *names, uint8_t *buffer, size_t length, const struct sockaddr_storage *addr);

#endif
