using Cluster.Agent;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cluster.Cli.Executing;

/// <summary>The agent of the programs of ipc exec.</summary>
internal static class AgentCommand
{
    private const string Description = """
        Run the agent of this user: programs under ipc exec make their calls through it. ipc exec starts it when none
        runs. It ends when no program has run for a while.

        Example: ipc agent --idle 30m
        """;

    private static readonly TimeSpan DefaultIdle = TimeSpan.FromMinutes(5);

    /// <summary>The words that start this tool again.</summary>
    public static IEnumerable<string> OwnWords =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) != "dotnet"
            ? [path]
            : [Environment.ProcessPath ?? "dotnet", Path.Combine(AppContext.BaseDirectory, "ipc.dll")];

    public static Command Create(Globals globals)
    {
        var directory = new Option<string?>("--directory")
        {
            HelpName = "DIRECTORY",
            Description = "Where its socket is [default: IPC_AGENT_DIRECTORY, XDG_RUNTIME_DIR/cluster-ipc, "
                + "or /tmp/ipc-UID]",
        };
        var idle = new Option<TimeSpan?>("--idle")
        {
            HelpName = "TIME",
            Description = "How long it stays without a program [default: 5m]",
            CustomParser = result =>
                Words.Read<TimeSpan>(result, Parsing.TryDuration, "a duration such as 500ms, 10s or 2m"),
        };
        var command = new Command("agent", Description) { directory, idle };
        globals.RunAlone(command, (parsed, cancelled) => RunAsync(
            globals, parsed.GetValue(directory) ?? Variable("IPC_AGENT_DIRECTORY"),
            parsed.GetValue(idle) ?? DefaultIdle, cancelled));
        return command;
    }

    private static async Task RunAsync(Globals globals, string? directory, TimeSpan idle, CancellationToken cancelled)
    {
        AgentHost? agent;
        try
        {
            agent = AgentHost.Start(directory, idle, NullLoggerFactory.Instance, globals.Time);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FailedException("agent: " + exception.Message);
        }

        await globals.Out.WriteLineAsync(agent is null ? "another agent runs already" : "the agent listens");
        await globals.Out.FlushAsync(cancelled);
        if (agent is null)
            return;
        await using (agent)
        {
            var stop = new TaskCompletionSource();
            await using (cancelled.Register(stop.SetResult))
                await Task.WhenAny(agent.Idle, stop.Task);
        }
    }

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
