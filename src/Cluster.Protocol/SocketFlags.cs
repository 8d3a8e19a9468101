namespace Cluster.Protocol;

/// <summary>Constants of socket(2), send(2), recv(2) and shutdown(2), with the values that Linux has on x86-64.</summary>
public static class SocketFlags
{
    /// <summary>A stream of bytes.</summary>
    public const int SOCK_STREAM = 1;

    /// <summary>Messages, without a connection.</summary>
    public const int SOCK_DGRAM = 2;

    /// <summary>Messages in order, over a connection.</summary>
    public const int SOCK_SEQPACKET = 5;

    /// <summary>Fail rather than block, for one call.</summary>
    public const int MSG_DONTWAIT = 0x40;

    /// <summary>Wait until all bytes are there.</summary>
    public const int MSG_WAITALL = 0x100;

    /// <summary>Receive no more: also the bit of the state.</summary>
    public const int RCV_SHUTDOWN = 1;

    /// <summary>Send no more: also the bit of the state.</summary>
    public const int SEND_SHUTDOWN = 2;

    /// <summary>Neither receive nor send.</summary>
    public const int SHUTDOWN_MASK = 3;

    /// <summary>shutdown(2): receive no more.</summary>
    public const int SHUT_RD = 0;

    /// <summary>shutdown(2): send no more.</summary>
    public const int SHUT_WR = 1;

    /// <summary>shutdown(2): neither.</summary>
    public const int SHUT_RDWR = 2;
}
