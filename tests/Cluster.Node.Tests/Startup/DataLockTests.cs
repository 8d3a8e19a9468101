using Cluster.Node.Settings;
using Cluster.Node.Startup;

namespace Cluster.Node.Tests.Startup;

/// <summary>One node to a data directory.</summary>
public sealed class DataLockTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("ipc-lock-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public void The_error_of_a_second_node_names_the_process_with_the_directory()
    {
        using var first = DataLock.Take(_data);
        var refused = Assert.Throws<StartException>(() => DataLock.Take(_data));
        Assert.Equal(
            $"data: {_data} is in use by another node (pid {Environment.ProcessId}): give this one another directory "
            + "with --data, or stop the other",
            refused.Message);
    }

    [Fact]
    public void A_locked_directory_without_a_readable_pid_is_refused_too()
    {
        using var first = DataLock.Take(_data);
        File.WriteAllText(Path.Combine(_data, "node.pid"), "");
        var refused = Assert.Throws<StartException>(() => DataLock.Take(_data));
        Assert.StartsWith($"data: {_data} is in use by another node: ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_left_behind_do_not_lock_the_directory()
    {
        DataLock.Take(_data).Dispose();
        File.WriteAllText(Path.Combine(_data, "node.pid"), "1");
        DataLock.Take(_data).Dispose();
        Assert.Equal(["node.lock"], Directory.GetFiles(_data).Select(Path.GetFileName));
    }
}
