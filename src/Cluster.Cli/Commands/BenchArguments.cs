using System.CommandLine;
using Cluster.Cli.Bench;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Commands;

/// <summary>What the load generator is told.</summary>
internal sealed class BenchArguments
{
    private readonly Option<bool> _durable = new("--durable") { Description = "With a journal [the default]" };
    private readonly Option<bool> _volatile = new("--volatile") { Description = "Without a journal" };
    private readonly Option<int> _processes = Number("--processes", "Client processes", 1, 1, 1_000);
    private readonly Option<int> _objects = Number("--objects", "Queues", 1, 1, 1_000_000);
    private readonly Option<int> _payload = Number("--payload", "Bytes of each message", 100, 0, Bounds.MessageBytes);
    private readonly Option<int> _window = Number("--window", "Calls in flight of each process", 256, 1, 16_384);

    private readonly Option<int> _backlog =
        Number("--backlog", "Messages of another type that lie in each queue meanwhile", 0, 0, 10_000_000);

    private readonly Option<int> _waiters = Number(
        "--waiters", "Receivers of other types that are blocked on the first queue meanwhile", 0, 0, 1_000_000);

    private readonly Option<string> _waiterTypes = new("--waiter-types")
    {
        HelpName = "one|many",
        Description = "The waiters wait for one type, or for one each",
        DefaultValueFactory = _ => "one",
    };

    private readonly Option<double> _seconds = new("--seconds")
    {
        HelpName = "N",
        Description = "How long to measure, after a warm-up of 2 s",
        DefaultValueFactory = _ => 10,
        CustomParser = result => Words.Read<double>(result, TrySeconds, "a number of seconds, above 0 and up to 86400"),
    };

    private readonly Option<long> _messages = new("--messages")
    {
        HelpName = "N",
        Description = "Send so many messages (and receive as many) instead; without a warm-up",
        CustomParser = result => Words.Number(result, 1, long.MaxValue),
    };

    private readonly Option<bool> _wake = new("--wake")
    {
        Description = "Measure from just before a send to the continuation of the receiver that it wakes",
    };

    private readonly Option<bool> _sequential = new("--sequential") { Description = "Measure one send at a time" };

    public void AddTo(Command command)
    {
        Option[] options =
        [
            _durable, _volatile, _processes, _objects, _payload, _window, _seconds, _messages, _backlog, _waiters,
            _waiterTypes, _wake, _sequential,
        ];
        foreach (var option in options) command.Add(option);
        _waiterTypes.AcceptOnlyFromAmong("one", "many");
        command.Exclude(_durable, _volatile);
        command.Exclude(_seconds, _messages);
        command.Exclude(_wake, _sequential);
        // These two are about one queue and one call.
        foreach (var mode in new[] { _wake, _sequential })
        {
            foreach (var option in new[] { _processes, _objects, _window }) command.Exclude(mode, option);
        }
    }

    public BenchOptions Read(ParseResult parsed, IpcClientOptions connection)
    {
        var options = new BenchOptions
        {
            Connection = connection,
            Mode = parsed.GetValue(_wake) ? BenchMode.Wake
                : parsed.GetValue(_sequential) ? BenchMode.Sequential : BenchMode.Load,
            Volatile = parsed.GetValue(_volatile),
            Processes = parsed.GetValue(_wake) ? WakeBench.Processes : parsed.GetValue(_processes),
            Objects = parsed.GetValue(_objects),
            Payload = parsed.GetValue(_payload),
            Window = parsed.GetValue(_window),
            Seconds = parsed.GetValue(_seconds),
            Messages = parsed.GetValue(_messages),
            Backlog = parsed.GetValue(_backlog),
            Waiters = parsed.GetValue(_waiters),
            ManyTypes = parsed.GetValue(_waiterTypes) == "many",
        };
        if (BenchWorld.Fits(options)) return options;
        throw new UsageException(
            $"--objects: {options.Objects} are more than {options.Processes} processes may touch: --processes");
    }

    private static bool TrySeconds(string text, out double seconds) =>
        double.TryParse(
            text,
            System.Globalization.NumberStyles.AllowDecimalPoint,
            System.Globalization.CultureInfo.InvariantCulture,
            out seconds)
        && seconds is > 0 and <= 86_400;

    private static Option<int> Number(string name, string description, int value, int lowest, int highest) => new(name)
    {
        HelpName = "N",
        Description = description,
        DefaultValueFactory = _ => value,
        CustomParser = result => Words.Number(result, lowest, highest),
    };
}
