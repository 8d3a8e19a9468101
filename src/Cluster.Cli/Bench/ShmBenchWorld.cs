using System.Security.Cryptography;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Bench;

/// <summary>
/// The clients and the segments of a measurement, in a namespace of their own, which one call removes with everything.
/// </summary>
internal sealed class ShmBenchWorld(
    ShmBenchOptions options, Func<IpcClientOptions, CancellationToken, Task<IIpcClient>> connect) : IAsyncDisposable
{
    /// <summary>Bytes of a segment of the load.</summary>
    public const int SegmentBytes = 128 * 1024;

    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(10);

    private readonly string _name = $"bench-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
    private readonly List<IIpcClient> _clients = [];
    private readonly List<ISharedMemoryAttachment[]> _attachments = [];
    private IIpcClient? _parent;
    private bool _isMade;

    /// <summary>The first client.</summary>
    public IIpcClient Client => _clients[0];

    /// <summary>The segments, as a process has them attached.</summary>
    public ISharedMemoryAttachment[] Attachments(int client) => _attachments[client];

    public async Task OpenAsync(Action<string> progress, CancellationToken cancelled)
    {
        progress("preparing");
        var root = options.Load.Connection with { Uid = 0, Gid = 0 };
        _parent = await connect(root, cancelled);
        _isMade = true;
        await _parent.Namespaces.CreateAsync(_name, cancelled);
        var inside = root with { Namespace = $"{root.Namespace.TrimEnd('/')}/{_name}" };
        await using (var setter = await connect(inside, cancelled))
            await setter.Namespaces.SetLimitAsync("shmmni", options.Load.Objects + 16, cancelled);
        for (var i = 0; i < options.Load.Processes; i++) _clients.Add(await connect(inside, cancelled));
        if (options.SequentialBytes == 0) await MakeSegmentsAsync(cancelled);
    }

    /// <summary>A new segment, attached.</summary>
    public async Task<ISharedMemoryAttachment> MakeAsync(long bytes, CancellationToken cancelled)
    {
        var segment = await Client.SharedMemories.CreateAsync(bytes, 0x180, options.Load.Volatile, cancelled);
        return await segment.AttachAsync(0, cancelled);
    }

    public async Task RemoveAsync(CancellationToken cancelled)
    {
        foreach (var client in _clients) await client.DisposeAsync();
        if (!_isMade) return;
        await _parent!.Namespaces.RemoveAsync(_name, CancellationToken.None).WaitAsync(cancelled);
        _isMade = false;
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(LeaveTimeout);
        try
        {
            await RemoveAsync(patience.Token);
        }
        catch (Exception exception) when (exception is IpcException or OperationCanceledException)
        {
            // It was never made, or is gone, or the cluster goes on removing it by itself.
        }

        if (_parent is not null) await _parent.DisposeAsync();
    }

    private async Task MakeSegmentsAsync(CancellationToken cancelled)
    {
        var ids = new int[options.Load.Objects];
        await Parallel.ForAsync(0, ids.Length, cancelled, async (index, token) =>
        {
            var segment = await Client.SharedMemories.CreateAsync(SegmentBytes, 0x180, options.Load.Volatile, token);
            ids[index] = segment.Id;
        });
        foreach (var client in _clients)
        {
            var attaching = ids.Select(id => client.SharedMemories.Open(id).AttachAsync(0, cancelled));
            _attachments.Add(await Task.WhenAll(attaching));
        }
    }
}
