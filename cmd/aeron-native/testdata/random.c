/* Compiled by a test with the shim's arc4random: with entropy, and with a getentropy that always fails. */
#include <stddef.h>
#include <stdio.h>

unsigned int aerongo_arc4random(void);

#ifdef WITHOUT_ENTROPY
int getentropy(void *buffer, size_t length);

int getentropy(void *buffer, size_t length)
{
    (void)buffer;
    (void)length;
    return -1;
}
#endif

int main(void)
{
    unsigned int all_and = ~0u, all_or = 0, last = aerongo_arc4random();
    int repeats = 0;

    for (int i = 0; i < 1000; i++)
    {
        unsigned int value = aerongo_arc4random();
        repeats += value == last;
        all_and &= value;
        all_or |= value;
        last = value;
    }
    printf("repeats %d, bits never set %u, bits always set %u\n", repeats, ~all_or, all_and);

    return repeats < 3 && 0 == ~all_or && 0 == all_and ? 0 : 1;
}
