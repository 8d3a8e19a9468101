using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Bench;

/// <summary>The options of the load generator. All kinds have the same.</summary>
internal sealed class BenchArguments
{
    private readonly Option<bool> _durable = new("--durable") { Description = "With a journal [the default]" };
    private readonly Option<bool> _volatile = new("--volatile") { Description = "Without a journal" };
    private readonly Option<int> _processes = CommonOptions.Number("--processes", "Client processes", 1, 1, 1_000);
    private readonly Option<int> _objects;
    private readonly Option<int> _payload;
    private readonly Option<int> _window = CommonOptions.Number(
        "--window", "Calls in flight of each process", 256, 1, 16_384);

    private readonly Option<double> _seconds = new("--seconds")
    {
        HelpName = "N",
        Description = "How long to measure, after a warm-up of 2 s",
        DefaultValueFactory = _ => 10,
        CustomParser = result => Words.Read<double>(result, TrySeconds, "a number of seconds, above 0 and up to 86400"),
    };

    private readonly Option<long> _messages;
    private readonly Option<bool> _sequential;
    private readonly Option<int>? _backlog;
    private readonly Option<int>? _waiters;
    private readonly Option<string>? _waiterTypes;
    private readonly Option<bool>? _wake;

    public BenchArguments(BenchWords words)
    {
        _objects = CommonOptions.Number("--objects", words.Objects, 1, 1, words.MostObjects);
        _payload = CommonOptions.Number("--payload", words.Payload, words.DefaultPayload, 0, words.MostPayload);
        _messages = new Option<long>("--messages")
        {
            HelpName = "N",
            Description = words.Messages,
            CustomParser = result => Words.Number(result, 1, long.MaxValue),
        };
        _sequential = new Option<bool>("--sequential") { Description = words.Sequential };
        if (words.Backlog is { } backlog) _backlog = CommonOptions.Number("--backlog", backlog, 0, 0, 10_000_000);
        if (words.Waiters is { } waiters) _waiters = CommonOptions.Number("--waiters", waiters, 0, 0, 1_000_000);
        if (words.Wake is { } wake) _wake = new Option<bool>("--wake") { Description = wake };
        if (words.WaiterTypes is not { } types) return;
        _waiterTypes = new Option<string>("--waiter-types")
        {
            HelpName = "one|many",
            Description = types,
            DefaultValueFactory = _ => "one",
            CustomParser = result => Words.Read<string>(result, TryWaiterTypes, "one or many"),
        };
    }

    /// <summary>Adds the options to the command. A mode excludes the options that it does not use.</summary>
    public void AddTo(Command command, params Option[] modes)
    {
        Option?[] options =
        [
            _durable, _volatile, _processes, _objects, _payload, _window, _seconds, _messages, _backlog, _waiters,
            _waiterTypes, _wake, _sequential, .. modes,
        ];
        foreach (var option in options.OfType<Option>()) command.Add(option);
        command.Exclude(_durable, _volatile);
        command.Exclude(_seconds, _messages);
        // These modes use one object and have one call in flight.
        Option[] single = [.. new Option?[] { _wake, _sequential }.OfType<Option>(), .. modes];
        for (var i = 0; i < single.Length; i++)
        {
            foreach (var other in single[(i + 1)..]) command.Exclude(single[i], other);
            foreach (var option in new[] { _objects, _window }) command.Exclude(single[i], option);
            if (!modes.Contains(single[i])) command.Exclude(single[i], _processes);
        }
    }

    public BenchOptions Read(ParseResult parsed, IpcClientOptions connection)
    {
        var wakes = _wake is not null && parsed.GetValue(_wake);
        return new BenchOptions
        {
            Connection = connection,
            Mode = wakes ? BenchMode.Wake
                : parsed.GetValue(_sequential) ? BenchMode.Sequential : BenchMode.Load,
            Volatile = parsed.GetValue(_volatile),
            Processes = wakes ? SingleCalls.WakeProcesses : parsed.GetValue(_processes),
            Objects = parsed.GetValue(_objects),
            Payload = parsed.GetValue(_payload),
            Window = parsed.GetValue(_window),
            Seconds = parsed.GetValue(_seconds),
            Messages = parsed.GetValue(_messages),
            Backlog = _backlog is null ? 0 : parsed.GetValue(_backlog),
            Waiters = _waiters is null ? 0 : parsed.GetValue(_waiters),
            ManyTypes = _waiterTypes is not null && parsed.GetValue(_waiterTypes) == "many",
        };
    }

    private static bool TryWaiterTypes(string text, out string types)
    {
        types = text;
        return text is "one" or "many";
    }

    private static bool TrySeconds(string text, out double seconds) =>
        double.TryParse(
            text,
            System.Globalization.NumberStyles.AllowDecimalPoint,
            System.Globalization.CultureInfo.InvariantCulture,
            out seconds)
        && seconds is > 0 and <= 86_400;
}
