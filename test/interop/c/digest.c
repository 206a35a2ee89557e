#include <string.h>

#include "peer.h"

void fill(uint8_t *message, size_t length, uint64_t seed, uint64_t n)
{
    uint64_t x = seed + n * UINT64_C(0x9E3779B97F4A7C15);
    if (0 == x)
    {
        x = 1;
    }
    for (size_t at = 0; at < length; at += 8)
    {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        uint8_t word[8];
        for (int i = 0; i < 8; i++)
        {
            word[i] = (uint8_t)(x >> (8 * i));
        }
        memcpy(message + at, word, length - at < 8 ? length - at : 8);
    }
}

void digest_add(digest_t *d, const uint8_t *message, size_t length)
{
    const uint64_t prime = UINT64_C(0x100000001B3);
    uint64_t h = 0 == d->count ? UINT64_C(0xCBF29CE484222325) : d->hash;
    d->count++;
    d->bytes += (int64_t)length;
    h = (h ^ (uint64_t)length) * prime;
    for (size_t at = 0; at < length; at += 8)
    {
        uint64_t word = 0;
        for (size_t i = 0; i < 8 && at + i < length; i++)
        {
            word |= (uint64_t)message[at + i] << (8 * i);
        }
        h = (h ^ word) * prime;
    }
    d->hash = h;
}
