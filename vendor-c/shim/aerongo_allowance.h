/* How much of something a stranger may have done in an interval: so often, and then not before the next one. Of zeroed memory. */
#ifndef AERONGO_ALLOWANCE_H
#define AERONGO_ALLOWANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AERONGO_ALLOWANCE_INTERVAL_NS (INT64_C(100) * 1000 * 1000)

typedef struct aerongo_allowance_stct
{
    size_t taken;
    int64_t deadline_ns;
}
aerongo_allowance_t;

static inline bool aerongo_allowance_take(aerongo_allowance_t *allowance, size_t limit, int64_t now_ns)
{
    if (allowance->deadline_ns < now_ns)
    {
        allowance->deadline_ns = now_ns + AERONGO_ALLOWANCE_INTERVAL_NS;
        allowance->taken = 0;
    }

    if (allowance->taken >= limit)
    {
        return false;
    }

    allowance->taken++;

    return true;
}

#endif
