using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>What exceptions say.</summary>
internal static class ErrorText
{
    public static string Of(Errno errno, string call, string reason) => $"{call}: {Name(errno)} ({reason})";

    public static bool IsTransient(Errno errno) => errno is Errno.EAGAIN or Errno.EBUSY or Errno.EINTR
        or Errno.ENOBUFS or Errno.ENOMEM or Errno.ETIMEDOUT;

    private static string Name(Errno errno) => Enum.IsDefined(errno) ? errno.ToString() : $"errno {(int)errno}";
}
