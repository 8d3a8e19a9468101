using System.Globalization;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Output;

namespace Cluster.Cli.Processes;

/// <summary>kill(1).</summary>
internal static class KillCommand
{
    private const string Description = """
        kill(2) and sigqueue(3): send a signal to processes of the cluster. A signal without a handler does its default
        action: most of them end the process, whatever its client does, and release what it holds. Signal 0 only checks
        whether the process exists and may be signalled. A user may signal its own processes, and uid 0 all. A negative PID
        after -- is the process group with that number, and -1 all processes.

        Examples:
          ipc kill 7
          ipc kill -9 7
          ipc kill -s USR1 7 9
          ipc kill -s RTMIN+1 -q 42 7
          ipc kill -s 0 7
          ipc kill -s TERM -- -7
          ipc kill -l
        """;

    public static Command Create(Globals globals)
    {
        var pids = new Argument<int[]>("PID")
        {
            Description = "A process of the cluster, as ipc ps shows it",
            Arity = ArgumentArity.ZeroOrMore,
            CustomParser = result => Words.Numbers(result, int.MinValue, int.MaxValue),
        };
        var signal = new Option<int>("--signal", "-s")
        {
            HelpName = "SIGNAL",
            Description = "Such as 10, USR1, SIGUSR1 or RTMIN+1",
            DefaultValueFactory = _ => (int)Signal.SIGTERM,
            CustomParser = result => Words.Read<int>(result, TryParse, "a signal such as 10 or USR1"),
        };
        var value = new Option<long?>("--queue", "-q")
        {
            HelpName = "VALUE", Description = "Send this value with the signal: sigqueue(3)",
            CustomParser = result => Words.Number(result, long.MinValue, long.MaxValue),
        };
        var list = new Option<bool>("--list", "-l") { Description = "List the signals" };
        var command = new Command("kill", Description) { pids, signal, value, list };
        command.Validators.Add(result =>
        {
            var hasPids = result.GetResult(pids) is { Tokens.Count: > 0 };
            if (hasPids == result.GetValue(list)) result.AddError("kill: name processes, or -l alone");
        });
        globals.RunAlone(command, async (parsed, cancelled) =>
        {
            if (parsed.GetValue(list))
            {
                foreach (var row in Signals.All.Chunk(5))
                    await globals.Out.WriteLineAsync(string.Concat(row.Select(Cell)).TrimEnd());
                return;
            }

            await using var ipc = await globals.Connect(globals.Options(parsed), cancelled);
            var (number, with) = ((Signal)parsed.GetValue(signal), parsed.GetValue(value));
            var hasFailed = false;
            foreach (var pid in parsed.GetValue(pids)!)
                hasFailed |= !await TrySendAsync(globals, ipc, pid, number, with, cancelled);
            if (hasFailed) throw new FailedException(null);
        });
        return command;
    }

    // As kill(1): the others get the signal too.
    private static async Task<bool> TrySendAsync(
        Globals globals, IIpcClient ipc, int pid, Signal signal, long? value, CancellationToken cancelled)
    {
        try
        {
            if (value is { } with) await ipc.Signals.QueueAsync(pid, signal, with, cancelled);
            else await ipc.Signals.KillAsync(pid, signal, cancelled);
            return true;
        }
        catch (IpcException exception) when (exception.Errno is Errno.ESRCH or Errno.EPERM or Errno.EINVAL or Errno.EAGAIN
            && exception is not IpcSessionLostException)
        {
            var line = string.Create(CultureInfo.InvariantCulture, $"ipc: process {pid}: {exception.Message}");
            await globals.Error.WriteLineAsync(line);
            return false;
        }
    }

    private static bool TryParse(string text, out int signal) => text == "0" ? (signal = 0) == 0
        : Signals.TryParse(text, out signal);

    private static string Cell((int Number, string Name) signal) =>
        string.Create(CultureInfo.InvariantCulture, $"{signal.Number,2} {signal.Name,-11}");
}
