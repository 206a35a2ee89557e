#ifndef AERONGO_VERDICT_H
#define AERONGO_VERDICT_H

/* REJECTED is counted. IGNORED is what a peer may well send, and is not wanted, or not now. */
typedef enum aerongo_verdict_en
{
    AERONGO_ACCEPTED,
    AERONGO_IGNORED,
    AERONGO_REJECTED
}
aerongo_verdict_t;

#endif
