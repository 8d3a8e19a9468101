using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Cluster.Client;

namespace Cluster.Cli;

/// <summary>The options of every command, and the connection that they describe.</summary>
internal sealed partial class Globals
{
    private const string DefaultAddress = "http://127.0.0.1:5210";

    private readonly Option<string?> _connect = new("--connect")
    {
        Recursive = true,
        HelpName = "URL",
        Description = $"The gateway of a node; several separated by commas [default: IPC_CONNECT, or {DefaultAddress}]",
    };

    private readonly Option<uint?> _uid = new("--uid")
    {
        Recursive = true, HelpName = "UID", Description = "Be this user [default: the caller's effective uid]",
    };

    private readonly Option<uint?> _gid = new("--gid")
    {
        Recursive = true, HelpName = "GID", Description = "Be in this group [default: the caller's effective gid]",
    };

    private readonly Option<string?> _groups = new("--groups")
    {
        Recursive = true, HelpName = "GID,...", Description = "Supplementary groups",
    };

    private readonly Option<string?> _namespace = new("--namespace")
    {
        Recursive = true, HelpName = "PATH", Description = "The namespace to live in [default: IPC_NAMESPACE, or /]",
    };

    private readonly Option<bool> _json = new("--json")
    {
        Recursive = true, Description = "Write JSON, for scripts",
    };

    public Func<IpcClientOptions, CancellationToken, Task<IIpcClient>> Connect { get; init; } =
        async (options, cancelled) => await IpcClient.ConnectAsync(options, cancelled);

    public TextWriter Out { get; init; } = Console.Out;

    public TextWriter Error { get; init; } = Console.Error;

    public void AddTo(Command root)
    {
        foreach (var option in new Option[] { _connect, _uid, _gid, _groups, _namespace, _json }) root.Add(option);
    }

    public bool Json(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>What the command line says about the connection.</summary>
    public IpcClientOptions Options(ParseResult parsed)
    {
        var addresses = parsed.GetValue(_connect) ?? Variable("IPC_CONNECT") ?? DefaultAddress;
        return new IpcClientOptions
        {
            Addresses = addresses.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            Uid = parsed.GetValue(_uid) ?? EffectiveUid(),
            Gid = parsed.GetValue(_gid) ?? EffectiveGid(),
            Groups = ParseGroups(parsed.GetValue(_groups)),
            Namespace = parsed.GetValue(_namespace) ?? Variable("IPC_NAMESPACE") ?? "/",
        };
    }

    /// <summary>A command that talks to a node: connects, runs, and turns what goes wrong into a line and a code.</summary>
    public void Run(Command command, Func<IIpcClient, ParseResult, CancellationToken, Task> action) =>
        RunAlone(command, async (parsed, cancelled) =>
        {
            await using var ipc = await Connect(Options(parsed), cancelled);
            await action(ipc, parsed, cancelled);
        });

    /// <summary>As <see cref="Run"/>, for a command that makes its own connections.</summary>
    public void RunAlone(Command command, Func<ParseResult, CancellationToken, Task> action) =>
        command.SetAction(async (parsed, cancelled) =>
        {
            try
            {
                await action(parsed, cancelled);
                await Out.FlushAsync(CancellationToken.None);
                return ExitCodes.Done;
            }
            catch (Exception exception)
            {
                var interrupted = exception is OperationCanceledException && cancelled.IsCancellationRequested;
                if (!interrupted && exception is not FailedQuietly)
                    await Error.WriteLineAsync($"ipc: {exception.Message}");
                return ExitCodes.For(exception);
            }
        });

    private static IReadOnlyList<uint> ParseGroups(string? text)
    {
        if (text is null) return [];
        var groups = new List<uint>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!uint.TryParse(part, CultureInfo.InvariantCulture, out var gid))
                throw new UsageException($"--groups: '{part}' is not a number");
            groups.Add(gid);
        }

        return groups;
    }

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUid();

    [LibraryImport("libc", EntryPoint = "getegid")]
    private static partial uint EffectiveGid();
}

/// <summary>The command has failed, and has said so already.</summary>
internal sealed class FailedQuietly() : Exception("failed");
