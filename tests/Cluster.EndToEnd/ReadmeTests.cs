using Cluster.Client;
using Cluster.EndToEnd.Examples;
using Cluster.EndToEnd.Processes;
using Microsoft.Extensions.DependencyInjection;

namespace Cluster.EndToEnd;

public sealed class ReadmeTests
{
    [Fact]
    public void The_readme_shows_the_example_that_is_tested()
    {
        var lines = File.ReadAllLines(NodeProcess.Metadata("Example"));
        var from = Array.FindIndex(lines, line => line.Contains("<example>", StringComparison.Ordinal));
        var to = Array.FindIndex(lines, line => line.Contains("</example>", StringComparison.Ordinal));
        var example = lines[(from + 1)..to].Select(line => line.Trim()).ToArray();
        Assert.InRange(example.Length, 1, 9);
        var readme = File.ReadAllText(NodeProcess.Metadata("Readme"));
        Assert.Contains(string.Join('\n', example), readme, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_example_of_the_readme_runs()
    {
        await using var node = await NodeProcess.StartAsync();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        Assert.Equal("hello", await Hello.RunAsync(node.Address, stop.Token));
    }

    [Fact]
    public async Task A_service_gets_the_client_by_injection()
    {
        await using var node = await NodeProcess.StartAsync();
        var services = new ServiceCollection();
        services.AddIpcClient(options =>
        {
            options.Addresses = [node.Address];
            (options.Uid, options.Gid) = (1000, 1000);
        });
        await using var provider = services.BuildServiceProvider();
        var ipc = provider.GetRequiredService<IIpcClient>();
        var queue = await ipc.MessageQueues.CreateAsync();
        await queue.SendAsync(7, "injected"u8.ToArray());
        Assert.Equal(7, (await queue.ReceiveAsync()).Type);
    }
}
