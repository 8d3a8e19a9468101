using System.Globalization;
using Cluster.Agent.Native;

namespace Cluster.Agent;

/// <summary>Where the agent of a user has its files.</summary>
/// <param name="Directory">The directory, which belongs to the user.</param>
public sealed record AgentPaths(string Directory)
{
    public string Socket => Path.Combine(Directory, "agent");

    /// <summary>What programs of other users have to show: only the user can read it.</summary>
    public string Token => Path.Combine(Directory, "token");

    /// <summary>The pid of the agent that runs, or ran last.</summary>
    public string Pid => Path.Combine(Directory, "pid");

    /// <summary>The running agent holds a lock on it.</summary>
    public string Lock => Path.Combine(Directory, "lock");

    /// <summary>The directory of the user: cluster-ipc in XDG_RUNTIME_DIR, else /tmp/ipc-UID.</summary>
    public static string Default =>
        Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime
            ? Path.Combine(runtime, "cluster-ipc")
            : string.Create(CultureInfo.InvariantCulture, $"/tmp/ipc-{Libc.EffectiveUid()}");

    /// <summary>Makes the directory if there is none.</summary>
    /// <exception cref="IOException">Another user may write to it, or it belongs to another user.</exception>
    internal static AgentPaths Create(string? directory)
    {
        var paths = new AgentPaths(directory ?? Default);
        System.IO.Directory.CreateDirectory(
            paths.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var mode = File.GetUnixFileMode(paths.Directory);
        if ((mode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0
            || new DirectoryInfo(paths.Directory).LinkTarget is not null
            || Libc.OwnerOf(paths.Directory) != Libc.EffectiveUid())
            throw new IOException($"{paths.Directory} is not a directory of this user alone");
        return paths;
    }
}
