using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Processes;

/// <summary>sigtimedwait(2) and signalfd(2).</summary>
internal static class SigwaitCommand
{
    private const string Description = """
        sigtimedwait(2): block signals for the process of this command, say its pid on standard error, and wait for one of
        them. The signal, its sender and its value are printed. With --follow, print each signal that comes: signalfd(2).

        Examples:
          ipc sigwait USR1 --timeout 1m
          ipc sigwait RTMIN RTMIN+1 --follow --json
        """;

    public static Command Create(Globals globals)
    {
        var signals = new Argument<int[]>("SIGNAL")
        {
            Description = "Such as 10, USR1, SIGUSR1 or RTMIN+1",
            Arity = ArgumentArity.OneOrMore,
            CustomParser = result => Words.ReadAll<int>(result, Signals.TryParse, "a signal such as 10 or USR1"),
        };
        var timeout = CommonOptions.Timeout(" for each signal");
        var follow = new Option<bool>("--follow") { Description = "Go on after the first signal" };
        var command = new Command("sigwait", Description) { signals, timeout, follow };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            Signal[] set = [.. parsed.GetValue(signals)!.Select(each => (Signal)each)];
            await ipc.Signals.BlockAsync(set, cancelled);
            var names = string.Join(' ', set.Select(each => Signals.NameOf((int)each)));
            var line = string.Create(CultureInfo.InvariantCulture, $"ipc: process {ipc.Pid} waits for {names}");
            await globals.Error.WriteLineAsync(line);
            do
            {
                var signal = await ipc.Signals.WaitAsync(set, parsed.GetValue(timeout), cancelled);
                await globals.Out.WriteLineAsync(globals.Json(parsed) ? JsonOutput.Line(Json(signal)) : Text(signal));
                await globals.Out.FlushAsync(cancelled);
            }
            while (parsed.GetValue(follow));
        });
        return command;
    }

    private static string Text(ReceivedSignal signal) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Signals.NameOf((int)signal.Signal)} from process {signal.SenderPid} of uid {signal.SenderUid}"
        + $"{(signal.Code == SignalCode.Queue ? $", value {signal.Value}" : "")}");

    private static JsonObject Json(ReceivedSignal signal) => new()
    {
        ["signal"] = (int)signal.Signal,
        ["name"] = Signals.NameOf((int)signal.Signal),
        ["code"] = (int)signal.Code,
        ["pid"] = signal.SenderPid,
        ["uid"] = signal.SenderUid,
        ["value"] = signal.Value,
    };
}
