using System.Net.Sockets;
using Cluster.Node.Settings;

namespace Cluster.Node.Startup;

/// <summary>The file of the gateway's Unix socket: unix(7).</summary>
internal static class SocketFile
{
    private const UnixFileMode Everybody = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Removes the file that a dead node has left.</summary>
    /// <exception cref="StartException">The file is something else, or somebody listens there.</exception>
    public static void Prepare(NodeOptions options)
    {
        if (options.ListenSocket is not { } path) return;
        if (!Directory.Exists(Path.GetDirectoryName(path)))
            throw new StartException($"cannot listen on unix:{path}: there is no directory {Path.GetDirectoryName(path)}");
        if (!File.Exists(path)) return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(path));
            throw new StartException(
                $"cannot listen on unix:{path}: somebody listens there: stop it, or choose another path with --listen");
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused && IsSocket(path))
        {
            Remove(path);
        }
        catch (SocketException exception)
        {
            var reason = IsSocket(path) ? exception.Message : "the file there is no socket, and is not removed";
            throw new StartException($"cannot listen on unix:{path}: {reason}");
        }
    }

    /// <summary>Lets everybody connect: who it is the kernel says, and what it may the objects.</summary>
    public static void Open(NodeOptions options)
    {
        if (options.ListenSocket is { } path && !OperatingSystem.IsWindows()) File.SetUnixFileMode(path, Everybody);
    }

    private static bool IsSocket(string path) => RegularFile.IsOther(path) && !Directory.Exists(path);

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"cannot listen on unix:{path}: a dead socket is there: {exception.Message}");
        }
    }
}
