using System.Diagnostics;

namespace Cluster.Containers.Engines;

/// <summary>
/// A Docker engine of the tests' own, in a temporary folder, with a socket of its own and addresses that are hardly in
/// use. It does not change forwarding and masquerading of the machine, because no container here needs outside access.
/// </summary>
internal sealed class PrivateEngine : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("ipc-engine-").FullName;
    private readonly Process _process;
    private readonly TaskCompletionSource _listens = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StreamWriter _log;

    private PrivateEngine(string daemon)
    {
        _log = new StreamWriter(Path.Combine(_folder, "log")) { AutoFlush = true };
        // No bridge: each network of the cluster is its own, and images are built in the network of the machine.
        var start = new ProcessStartInfo(daemon,
        [
            "--data-root", Path.Combine(_folder, "data"), "--exec-root", Path.Combine(_folder, "exec"),
            "--pidfile", Path.Combine(_folder, "pid"), "--host", Host, "--bridge", "none",
            "--default-address-pool", $"base=10.{200 + (Environment.ProcessId % 50)}.0.0/16,size=24",
            "--ip-forward=false", "--ip-masq=false",
        ])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.Exited += (_, _) => _listens.TrySetException(new InvalidOperationException("dockerd ended"));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>DOCKER_HOST for its clients.</summary>
    public string Host => $"unix://{Path.Combine(_folder, "socket")}";

    /// <summary>Starts one.</summary>
    /// <param name="daemon">dockerd.</param>
    /// <exception cref="InvalidOperationException">It does not run here; the message says why.</exception>
    public static async Task<PrivateEngine> StartAsync(string daemon)
    {
        var engine = new PrivateEngine(daemon);
        try
        {
            await engine._listens.Task.WaitAsync(Patience);
            return engine;
        }
        catch (Exception exception) when (exception is TimeoutException or InvalidOperationException)
        {
            await engine._log.DisposeAsync();
            var last = (await File.ReadAllLinesAsync(Path.Combine(engine._folder, "log"))).LastOrDefault();
            await engine.DisposeAsync();
            throw new InvalidOperationException($"dockerd does not run here: {last ?? exception.Message}");
        }
    }

    /// <summary>Stops it, and removes all that it left.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            await _process.WaitForExitAsync().WaitAsync(Patience);
        }

        _process.Dispose();
        lock (_listens) _log.Dispose();
        var mounts = (await File.ReadAllLinesAsync("/proc/self/mounts")).Select(line => line.Split(' ')[1])
            .Where(path => path.StartsWith(_folder, StringComparison.Ordinal)).Reverse();
        foreach (var mount in mounts)
        {
            using var unmount = Process.Start("umount", [mount]);
            await unmount.WaitForExitAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private void Take(string? line)
    {
        if (line is null) return;
        if (line.Contains("API listen on", StringComparison.Ordinal)) _listens.TrySetResult();
        lock (_listens)
        {
            if (_log.BaseStream is { CanWrite: true }) _log.WriteLine(line);
        }
    }
}
