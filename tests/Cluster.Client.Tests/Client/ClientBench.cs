namespace Cluster.Client.Tests.Client;

/// <summary>A connected client with a manual clock, and the node at the other end.</summary>
internal sealed class ClientBench
{
    public FakeTransport Transport { get; } = new();

    public ManualTime Time { get; } = new();

    public IpcClient Client { get; private set; } = null!;

    public FakeStream Stream { get; set; } = null!;

    public IMessageQueue Queue => Client.MessageQueues.Open(5);

    public static async Task<ClientBench> ConnectAsync(IpcClientOptions? options = null)
    {
        var bench = new ClientBench();
        options = (options ?? new IpcClientOptions()) with { TimeProvider = bench.Time };
        var connecting = IpcClient.ConnectAsync(bench.Transport, options);
        bench.Stream = await bench.Transport.WelcomeAsync();
        bench.Client = await connecting.Soon();
        return bench;
    }

    /// <summary>The stream breaks, and the client comes back over another.</summary>
    public async Task ReconnectAsync(string node = "n2")
    {
        Stream.Break();
        await Stream.Disposed.Soon();
        Time.Advance(TimeSpan.FromMilliseconds(100));
        Stream = await Transport.WelcomeAsync(node);
    }
}
