/* Ranges of bits, one bit for each place in a term where a frame can begin. A range [from, to) may be empty. */
#ifndef AERONGO_SLOTS_H
#define AERONGO_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bits of [from, to) that lie in from's word. to > from. */
static inline uint64_t aerongo_slots_mask(size_t from, size_t to)
{
    const uint64_t upper = to / 64 > from / 64 ? ~UINT64_C(0) : (UINT64_C(1) << (to % 64)) - 1;

    return upper & (~UINT64_C(0) << (from % 64));
}

static inline size_t aerongo_slots_next_word(size_t from)
{
    return (from / 64 + 1) * 64;
}

static inline bool aerongo_slots_any(const uint64_t *words, size_t from, size_t to)
{
    for (; from < to; from = aerongo_slots_next_word(from))
    {
        if (0 != (words[from / 64] & aerongo_slots_mask(from, to)))
        {
            return true;
        }
    }

    return false;
}

static inline bool aerongo_slots_all(const uint64_t *words, size_t from, size_t to)
{
    for (; from < to; from = aerongo_slots_next_word(from))
    {
        const uint64_t mask = aerongo_slots_mask(from, to);

        if (mask != (words[from / 64] & mask))
        {
            return false;
        }
    }

    return true;
}

static inline void aerongo_slots_set(uint64_t *words, size_t from, size_t to)
{
    for (; from < to; from = aerongo_slots_next_word(from))
    {
        words[from / 64] |= aerongo_slots_mask(from, to);
    }
}

/* Sets the bits of words that are set in count words of bits, of which the first bit is that of from. */
static inline void aerongo_slots_add(uint64_t *words, size_t from, const uint64_t *bits, size_t count)
{
    const size_t shift = from % 64;

    words += from / 64;
    for (size_t i = 0; i < count; i++)
    {
        const uint64_t upper = 0 == shift ? 0 : bits[i] >> (64 - shift);

        words[i] |= bits[i] << shift;
        if (0 != upper)
        {
            words[i + 1] |= upper; /* else there may be no such word */
        }
    }
}

static inline void aerongo_slots_clear(uint64_t *words, size_t from, size_t to)
{
    for (; from < to; from = aerongo_slots_next_word(from))
    {
        words[from / 64] &= ~aerongo_slots_mask(from, to);
    }
}

#endif
