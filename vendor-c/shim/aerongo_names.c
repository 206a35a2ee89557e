#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include <netinet/in.h>
#include <string.h>

#include "protocol/aeron_udp_protocol.h"

#include "aerongo_datagram.h"
#include "aerongo_names.h"

void aerongo_names_init(aerongo_names_t *names, aeron_driver_context_t *context)
{
    names->clock = context->cached_clock;
    names->timeout_ms = (int64_t)(aeron_driver_context_get_resolver_neighbor_timeout_ns(context) / (1000 * 1000));
    /* The resolver tells others of a name in a datagram no longer than this, and tries for ever if it does not fit. */
    names->longest = context->mtu_length < AERON_FRAME_HEADER_LENGTH ? 0 : context->mtu_length - AERON_FRAME_HEADER_LENGTH;
}

static void aerongo_forget_names(aerongo_names_t *names, int64_t now_ms)
{
    for (size_t i = names->length; i-- > 0;)
    {
        if (names->names[i].deadline_ms < now_ms)
        {
            names->names[i] = names->names[--names->length];
        }
    }
}

/* What an entry with such an address takes of a datagram. */
static size_t aerongo_name_length(int8_t res_type, size_t name_length)
{
    return AERON_ALIGN(
        sizeof(aeron_resolution_header_t) + aeron_res_header_address_length(res_type) + sizeof(int16_t) + name_length, sizeof(int64_t));
}

/* What the resolver takes an entry for. Who names himself, and leaves the address open, has the one that he sends from. */
static aerongo_name_t aerongo_name_of(const uint8_t *entry, const struct sockaddr_storage *addr)
{
    const aeron_resolution_header_t *header = (const aeron_resolution_header_t *)entry;
    const uint8_t *address = entry + sizeof(aeron_resolution_header_t);
    const size_t address_length = aeron_res_header_address_length(header->res_type);
    const uint8_t open[AERON_RES_HEADER_ADDRESS_LENGTH_IP4] = { 0 };
    int16_t name_length;
    aerongo_name_t name;

    memset(&name, 0, sizeof(name));
    memcpy(&name_length, address + address_length, sizeof(name_length));
    name.length = (size_t)name_length;
    memcpy(name.name, address + address_length + sizeof(name_length), name.length);

    if (AERON_RES_HEADER_SELF_FLAG != (header->res_flags & AERON_RES_HEADER_SELF_FLAG) || 0 != memcmp(address, open, sizeof(open)))
    {
        name.address.res_type = header->res_type;
        name.address.port = header->udp_port;
        memcpy(name.address.address, address, address_length);
    }
    else if (AF_INET6 == addr->ss_family)
    {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;
        name.address.res_type = AERON_RES_HEADER_TYPE_NAME_TO_IP6_MD;
        name.address.port = ntohs(in6->sin6_port);
        memcpy(name.address.address, &in6->sin6_addr, sizeof(in6->sin6_addr));
    }
    else
    {
        const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
        name.address.res_type = AERON_RES_HEADER_TYPE_NAME_TO_IP4_MD;
        name.address.port = ntohs(in->sin_port);
        memcpy(name.address.address, &in->sin_addr, sizeof(in->sin_addr));
    }

    return name;
}

static bool aerongo_is_same_name(const aerongo_name_t *a, const aerongo_name_t *b)
{
    return a->address.res_type == b->address.res_type &&
        a->address.port == b->address.port &&
        a->length == b->length &&
        0 == memcmp(a->address.address, b->address.address, sizeof(a->address.address)) &&
        0 == memcmp(a->name, b->name, a->length);
}

static bool aerongo_may_know(aerongo_names_t *names, const aerongo_name_t *name, int64_t now_ms)
{
    size_t i = 0;

    while (i < names->length && !aerongo_is_same_name(&names->names[i], name))
    {
        i++;
    }

    if (i == names->length)
    {
        if (AERONGO_NAMES == i)
        {
            return false;
        }

        names->names[names->length++] = *name;
    }

    names->names[i].deadline_ms = now_ms + names->timeout_ms;

    return true;
}

size_t aerongo_names_admit(aerongo_names_t *names, uint8_t *buffer, size_t length, const struct sockaddr_storage *addr)
{
    const int64_t now_ms = aeron_clock_cached_epoch_time(names->clock);
    size_t kept = AERON_FRAME_HEADER_LENGTH;

    aerongo_forget_names(names, now_ms);

    for (size_t at = kept; at < length;)
    {
        aeron_resolution_header_t *header = (aeron_resolution_header_t *)(buffer + at);
        const aerongo_name_t name = aerongo_name_of(buffer + at, addr);
        const size_t entry_length = aerongo_name_length(header->res_type, name.length);

        header->age_in_ms = header->age_in_ms < 0 ? 0 : header->age_in_ms;

        if (aerongo_name_length(name.address.res_type, name.length) <= names->longest && aerongo_may_know(names, &name, now_ms))
        {
            memmove(buffer + kept, buffer + at, entry_length);
            kept += entry_length;
        }

        at += entry_length;
    }

    ((aeron_frame_header_t *)buffer)->frame_length = (int32_t)kept;

    return kept;
}
