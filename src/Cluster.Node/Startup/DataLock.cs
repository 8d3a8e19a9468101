using System.Globalization;
using Cluster.Node.Settings;

namespace Cluster.Node.Startup;

/// <summary>
/// Locks a data directory for one node. Two nodes on one embedded journal would block each other and would be two
/// clusters with one state. The lock is flock(2) on a file in the directory, so the kernel releases it however the node
/// dies.
/// </summary>
internal sealed class DataLock : IDisposable
{
    // EWOULDBLOCK: another process holds the lock. The runtime reports the errno as HResult.
    private const int WouldBlock = 11;

    private readonly FileStream _lock;
    private readonly string _pidPath;

    private DataLock(FileStream held, string pidPath) => (_lock, _pidPath) = (held, pidPath);

    /// <summary>Takes the lock.</summary>
    /// <param name="data">The directory, which exists.</param>
    /// <exception cref="StartException">Another node holds the lock.</exception>
    /// <exception cref="IOException">The directory cannot be written to.</exception>
    public static DataLock Take(string data)
    {
        // The pid of the holder is in a second file, because the runtime locks every file that it opens, even for
        // reading.
        var pidPath = Path.Combine(data, "node.pid");
        FileStream held;
        try
        {
            // FileShare.None is an exclusive flock(2), or an error at once.
            held = new FileStream(
                Path.Combine(data, "node.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception.HResult == WouldBlock)
        {
            var holder = ReadPid(pidPath) is { } pid ? $" (pid {pid})" : "";
            throw new StartException(
                $"data: {Path.GetFullPath(data)} is in use by another node{holder}: give this one another directory "
                + "with --data, or stop the other");
        }

        File.WriteAllText(pidPath, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return new DataLock(held, pidPath);
    }

    /// <summary>
    /// Releases the directory. The lock file stays: deleting it would race with a process that opens it.
    /// </summary>
    public void Dispose()
    {
        File.Delete(_pidPath);
        _lock.Dispose();
    }

    private static string? ReadPid(string path)
    {
        try
        {
            var text = File.ReadAllText(path).Trim();
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? text : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // not written yet, or not readable
        }
    }
}
