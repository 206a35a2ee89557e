/*
 * Put in front of every upstream file of the archive (-include). It sends a few libc calls to functions of ours.
 *
 * It must include nothing: a system header read here would freeze the feature macros (_GNU_SOURCE, _BSD_SOURCE) before
 * the upstream file has had its chance to define them. The macros take arguments, so that the bare words (a parameter
 * named "socket") are left alone, and they also rename libc's own prototypes, which then declare our functions.
 */
#ifndef AERONGO_REDIRECT_H
#define AERONGO_REDIRECT_H

#define socket(d, t, p) aerongo_socket(d, t, p)
#define epoll_create1(f) aerongo_epoll_create1(f)
#define getenv(n) aerongo_getenv(n)

#ifdef AERONGO_OWN_ARC4RANDOM
/* Where libc has no such function, there is no prototype to rename. */
unsigned int aerongo_arc4random(void);
#define arc4random aerongo_arc4random
#endif

#endif
