using System.Globalization;
using Cluster.Node.Settings;

namespace Cluster.Node.Startup;

/// <summary>
/// Keeps a data directory for one node: two on one embedded journal would block each other, and be two clusters that
/// share a state. The lock is flock(2) on a file in it, so the kernel lets go of it however the node dies.
/// </summary>
internal sealed class DataLock : IDisposable
{
    // The errno of a lock that somebody else holds; the runtime gives it as HResult.
    private const int WouldBlock = 11;

    private readonly FileStream _lock;
    private readonly string _pidPath;

    private DataLock(FileStream held, string pidPath) => (_lock, _pidPath) = (held, pidPath);

    /// <summary>Takes the lock.</summary>
    /// <param name="data">The directory; it exists.</param>
    /// <exception cref="StartException">Another node has it.</exception>
    /// <exception cref="IOException">The directory cannot be written to.</exception>
    public static DataLock Take(string data)
    {
        // Who holds the lock stands in a file of its own: the runtime locks whatever it opens, to read too.
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

    /// <summary>Lets go of the directory. The lock's file stays: to delete it is to race with who opens it.</summary>
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
            return null; // it is about to be written, or not ours to read
        }
    }
}
