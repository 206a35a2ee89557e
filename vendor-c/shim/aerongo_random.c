/*
 * arc4random for a libc that lacks it (glibc before 2.36). Upstream's own way out reads /dev/urandom and ends the process
 * when it cannot, which a library in somebody's program must never do.
 */
#define _DEFAULT_SOURCE

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

unsigned int aerongo_arc4random(void);

unsigned int aerongo_arc4random(void)
{
    static atomic_uint_fast64_t sequence = 0;
    uint32_t value;
    struct timespec now = { 0, 0 };
    uint64_t z;

    if (0 == getentropy(&value, sizeof(value)))
    {
        return value;
    }

    /*
     * No entropy to be had (a seccomp filter, say). The values only have to differ between processes and calls: session
     * ids, receiver ids, temporary names. So time, process and a count, through a 64-bit finaliser.
     */
    clock_gettime(CLOCK_REALTIME, &now);
    z = ((uint64_t)now.tv_sec * UINT64_C(1000000000)) + (uint64_t)now.tv_nsec;
    z ^= (uint64_t)getpid() << 32;
    z += (atomic_fetch_add(&sequence, 1) + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);

    return (unsigned int)((z ^ (z >> 31)) >> 16);
}
