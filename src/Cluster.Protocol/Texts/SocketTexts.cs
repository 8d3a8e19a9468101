namespace Cluster.Protocol.Texts;

internal sealed class SocketTexts() : CallTexts(
    (Errno.EINVAL, "bind", "a name is a path that begins with '/', or '@' and an abstract name; it has at most 107 bytes"),
    (Errno.ENOENT, "bind", "the path ends with '/'"),
    (Errno.EADDRINUSE, "bind", "a socket has the name"),
    (Errno.EINVAL, "listen", "the socket has no name, or is connected"),
    (Errno.EINVAL, "accept", "the socket does not listen"),
    (Errno.EINVAL, "connect", "a name is a path that begins with '/', or '@' and an abstract name; it has at most 107 bytes"),
    (Errno.ENOENT, "connect", "no socket has the path"),
    (Errno.EACCES, "connect", "the caller may not write to the socket"),
    (Errno.ECONNREFUSED, "connect", "nobody listens at the name"),
    (Errno.EAGAIN, "connect", "the backlog is full"),
    (Errno.EPIPE, "send", "the other end is closed, or shut down"),
    (Errno.EMSGSIZE, "send", "a packet has at most 212960 bytes"),
    (Errno.EINVAL, "recv", "the socket is not connected"),
    (Errno.ECONNRESET, "recv", "the other end was closed with unread bytes, or was lost"),
    (Errno.EINVAL, "shutdown", "SHUT_RD, SHUT_WR or SHUT_RDWR"));
