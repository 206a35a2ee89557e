/* The archive's stand-ins for socket(2) and epoll_create1(2): the same calls, close-on-exec always set. */
#ifndef AERONGO_DESCRIPTORS_H
#define AERONGO_DESCRIPTORS_H

int aerongo_socket(int domain, int type, int protocol);

#if defined(__linux__)
int aerongo_epoll_create1(int flags);
#endif

#endif
