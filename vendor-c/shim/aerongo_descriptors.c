/*
 * Close-on-exec for the descriptors that outlive the call that made them. Upstream sets it nowhere, so that every child
 * a Go program starts with os/exec would hold the driver's UDP ports open after the driver is gone.
 */
#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/epoll.h>
#endif

#include "aerongo_descriptors.h"

int aerongo_socket(int domain, int type, int protocol)
{
#if defined(SOCK_CLOEXEC)
    return socket(domain, type | SOCK_CLOEXEC, protocol);
#else
    /* Not atomic with fork here, as everywhere that lacks SOCK_CLOEXEC: a child forked in between inherits the socket. */
    int fd = socket(domain, type, protocol);

    if (fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
    {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }

    return fd;
#endif
}

#if defined(__linux__)
int aerongo_epoll_create1(int flags)
{
    return epoll_create1(flags | EPOLL_CLOEXEC);
}
#endif
