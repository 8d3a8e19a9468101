using System.Collections;
using System.CommandLine;
using Akka.Configuration;
using Cluster.Node.Hosting;
using Cluster.Node.Settings;

namespace Cluster.Node.Tests.Hosting;

/// <summary>Runs the command line of a node, which starts nothing.</summary>
public abstract class NodeCommandRun : IDisposable
{
    /// <summary>A file for --config.</summary>
    protected string ConfigFile { get; } = Path.GetTempFileName();

    /// <summary>The environment.</summary>
    protected Hashtable Variables { get; } = [];

    protected StringWriter Output { get; } = new();

    protected StringWriter Error { get; } = new();

    /// <summary>The settings with which the node would have started; null: it would not.</summary>
    protected NodeOptions? Started { get; private set; }

    /// <summary>The section akka of the file.</summary>
    protected Config? Akka { get; private set; }

    /// <summary>Why the start fails; null: it succeeds.</summary>
    protected Exception? Failure { get; set; }

    public void Dispose()
    {
        File.Delete(ConfigFile);
        GC.SuppressFinalize(this);
    }

    protected void WriteFile(string text) => File.WriteAllText(ConfigFile, text);

    protected Task<int> RunAsync(string line) =>
        RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    protected Task<int> RunAsync(string[] words)
    {
        var command = NodeCommand.Create(
            (options, file, _) =>
            {
                (Started, Akka) = (options, file);
                if (Failure is not null) throw Failure;
                return Task.FromResult(42);
            },
            Variables);
        return NodeCommand.RunAsync(
            command,
            words,
            new InvocationConfiguration { Output = Output, Error = Error });
    }

    protected void IsRefused(string[] said)
    {
        Assert.Null(Started);
        var line = Assert.Single(Error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("cluster-node: ", line, StringComparison.Ordinal);
        Assert.All(said, each => Assert.Contains(each, line, StringComparison.Ordinal));
    }
}
