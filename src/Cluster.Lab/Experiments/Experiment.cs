using Cluster.Client;
using Cluster.Lab.Checkers;
using Cluster.Lab.Experiments.Containers;
using Cluster.Lab.Experiments.Journals;
using Cluster.Lab.Experiments.Measures;
using Cluster.Lab.Experiments.Nodes;
using Cluster.Lab.Experiments.Scenarios;
using Cluster.Lab.Histories;
using Cluster.Lab.Workloads;

namespace Cluster.Lab.Experiments;

/// <summary>
/// A cluster of real processes or containers with a real journal, clients at work, something that hurts it meanwhile,
/// and a judge of what the clients saw.
/// </summary>
public sealed class Experiment
{
    private static readonly TimeSpan Tail = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ProgressPeriod = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Endless = TimeSpan.FromHours(12);
    private const int ParkedQueues = 4;

    private readonly ExperimentOptions _options;
    private readonly IProgress<ExperimentProgress> _progress;
    private readonly DateTimeOffset _at = TimeProvider.System.GetUtcNow();
    private readonly long _began = LabClock.Now;
    private readonly Timeline _timeline;
    private string _now = "";
    private string _namespace = "/";
    private IReadOnlySet<string>? _hurt;
    private IReadOnlySet<string>? _grazed;
    private int _turn;

    /// <param name="options">What to do.</param>
    /// <param name="progress">Told what happens, twice a second.</param>
    public Experiment(ExperimentOptions options, IProgress<ExperimentProgress> progress)
    {
        (_options, _progress) = (options, progress);
        _timeline = new Timeline(what =>
        {
            _now = what;
            Show(0);
        });
    }

    /// <summary>Makes the experiment; whatever happens, no process and no network of it is left.</summary>
    /// <exception cref="ExperimentException">It could not be made.</exception>
    public async Task<ExperimentResult> RunAsync(CancellationToken cancelled)
    {
        if (!OperatingSystem.IsLinux()) throw new ExperimentException("experiments are made with Linux processes only");
        MakeOut();
        var work = Directory.CreateTempSubdirectory("ipc-lab-").FullName;
        // PostgreSQL runs as another user, and has to get in.
        File.SetUnixFileMode(work, (UnixFileMode)0b111_101_101);
        // At once: the timeline of the report ends before the journal would be removed.
        if (KeepsJournal) _timeline.Note($"the journal will be kept in {work}");
        try
        {
            var fleet = _options.Cluster.Count > 0 ? await Fleet.FindAsync(_options).ConfigureAwait(false) : null;
            await using var network = fleet is null ? NewNetwork() : new ContainerNetwork(fleet);
            await network.OpenAsync(_options.Nodes).ConfigureAwait(false);
            await using var journal = fleet is null
                ? NewJournal(work, network.HostAddress)
                : new ContainerJournal(fleet.Journal);
            _timeline.Note($"journal: {journal.Name}");
            await journal.OpenAsync().ConfigureAwait(false);
            await using var nodes = fleet is null
                ? LabNodes.OfProcesses(_options, network, journal.Setting, work)
                : OfContainers(fleet);
            _timeline.Note($"{_options.Nodes} nodes start");
            await nodes.StartAsync(cancelled).ConfigureAwait(false);
            _timeline.Note("the nodes are ready");
            await using var quarters = fleet is null
                ? null
                : await Quarters.OpenAsync(_options, cancelled).ConfigureAwait(false);
            _namespace = quarters?.Path ?? "/";
            await using var workload = new Workload(WorkloadOptions(), token => ConnectAsync(nodes, token));
            var stage = new Stage
            {
                Options = _options, Nodes = nodes, Network = network, Journal = journal, Timeline = _timeline,
                Connect = token => ConnectAsync(nodes, token),
                Choose = async victim =>
                {
                    _hurt = await nodes.ObjectsOnAsync(victim, _namespace, workload.Objects).ConfigureAwait(false);
                    _grazed = await nodes.ObjectsOnAsync(victim, _namespace, workload.Segments).ConfigureAwait(false);
                },
            };
            return await RunAsync(stage, workload, journal, nodes, cancelled).ConfigureAwait(false);
        }
        catch (ExperimentException exception) when (KeepsJournal)
        {
            throw new ExperimentException($"{exception.Message}; the journal was kept in {work}");
        }
        finally
        {
            if (!KeepsJournal) Directory.Delete(work, recursive: true);
        }
    }

    // One that was there is kept where it is.
    private bool KeepsJournal =>
        _options is { Keep: true, Cluster.Count: 0, Journal: null or "sqlite" or "postgres" };

    private void MakeOut()
    {
        try
        {
            Directory.CreateDirectory(_options.Out);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ExperimentException($"--out: no directory can be made at {_options.Out}: {exception.Message}");
        }
    }

    private async Task<ExperimentResult> RunAsync(
        Stage stage, Workload workload, ILabJournal journal, LabNodes nodes, CancellationToken cancelled)
    {
        var scenario = NewScenario();
        await workload.PrepareAsync(cancelled).ConfigureAwait(false);
        await scenario.PrepareAsync(stage, cancelled).ConfigureAwait(false);
        _timeline.Begin();
        _timeline.Note("the clients begin to work");
        var verdicts =
            new List<Verdict> { await PlayAsync(stage, scenario, workload, cancelled).ConfigureAwait(false) };
        var end = _timeline.Note("the clients are told to stop; what is left is looked for");
        verdicts.Add(await DrainAsync(workload, cancelled).ConfigureAwait(false));
        await scenario.EndAsync(stage, cancelled).ConfigureAwait(false);
        var history = workload.History;
        _timeline.Note($"the judge looks at {history.Operations.Count} calls");
        await WriteAsync(history).ConfigureAwait(false);
        foreach (var node in nodes.All.OfType<ContainerNode>()) await node.CollectAsync(_at).ConfigureAwait(false);
        verdicts.AddRange(stage.Verdicts);
        verdicts.AddRange(await Task.Run(() => Judge.Check(history), cancelled).ConfigureAwait(false));
        return new ExperimentResult
        {
            Options = _options,
            Journal = journal.Name,
            Version = typeof(Experiment).Assembly.GetName().Version?.ToString(3) ?? "",
            At = _at,
            Seconds = LabClock.Seconds(_timeline.Start, end),
            FaultAt = LabClock.Seconds(_timeline.Start, stage.FaultAt),
            HealedAt = LabClock.Seconds(_timeline.Start, stage.HealedAt),
            Timeline = _timeline.Events,
            Tally = Tally.Of(history),
            LostClients = workload.LostClients,
            Gaps = [.. Gaps.Of(history, stage.FaultAt, end)
                .Select(gap => gap with { IsHurt = _hurt?.Contains(gap.Object) })],
            AwayGaps = AwayGaps(history, stage, end),
            Start = _timeline.Start,
            Plot = PlotSecond.Of(history, _timeline.Start, end),
            Verdicts = verdicts,
            Output = nodes.All.ToDictionary(node => node.Name, node => node.Excerpt),
        };
    }

    // Whoever attaches a word whose segment alone is on the node that is hurt waits for that, others do not: it counts
    // on neither side.
    private IReadOnlyList<Gap> AwayGaps(History history, Stage stage, long end) =>
        _hurt is null || _grazed is null || stage.RestartedAt == 0
            ? []
            : [.. Gaps.Of(history, stage.FaultAt, end, begunBy: stage.RestartedAt)
                .Select(gap => gap with { IsHurt = _hurt.Contains(gap.Object) })
                .Where(gap => gap.IsHurt == true || !_grazed.Contains(gap.Object))];

    private async Task<Verdict> PlayAsync(
        Stage stage, IScenario scenario, Workload workload, CancellationToken cancelled)
    {
        const string Name = "all calls are answered";
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        var run = workload.RunAsync(enough.Token);
        var shown = ShowAsync(workload, enough.Token);
        try
        {
            var least = Task.Delay(_options.Duration, cancelled);
            await HurtAsync(stage, scenario, cancelled).ConfigureAwait(false);
            await Task.Delay(Tail, cancelled).ConfigureAwait(false);
            await least.ConfigureAwait(false);
        }
        finally
        {
            await enough.CancelAsync().ConfigureAwait(false);
            await shown.ConfigureAwait(false);
        }

        if (workload.IsFull)
        {
            await run.ConfigureAwait(false);
            throw new ExperimentException(
                "more calls were made than are recorded: use fewer --seconds, or a lower --rate");
        }

        try
        {
            await run.ConfigureAwait(false);
            return Verdict.Held(Name, "when the cluster was whole again, every call under way came to its end");
        }
        catch (TimeoutException)
        {
            return new Verdict(
                Name, Ruling.Violated, "calls under way did not end after the cluster was whole again", []);
        }
    }

    // A node that does not come back once all harm was done is the product's failure; before, it is the experiment's.
    private static async Task HurtAsync(Stage stage, IScenario scenario, CancellationToken cancelled)
    {
        const string Name = "all nodes come back";
        try
        {
            await scenario.RunAsync(stage, cancelled).ConfigureAwait(false);
            stage.Judge(Name, true, "every node that was started again became ready");
        }
        catch (ExperimentException exception) when (stage.FaultAt != 0)
        {
            stage.Healed($"the cluster is not whole: {exception.Message}");
            stage.Judge(Name, false, exception.Message);
        }
    }

    private static async Task<Verdict> DrainAsync(Workload workload, CancellationToken cancelled)
    {
        const string Name = "all is found";
        return await workload.DrainAsync(cancelled).ConfigureAwait(false)
            ? Verdict.Held(
                Name,
                "who was parked was served, all that was acknowledged was received, the sets are as they were at first")
            : new Verdict(
                Name,
                Ruling.Violated,
                "a parked caller was not served, something acknowledged was not found, or a set is not as it was at first",
                []);
    }

    private async Task WriteAsync(History history)
    {
        await using var file = new StreamWriter(Path.Combine(_options.Out, "history.jsonl"));
        await history.WriteAsync(file).ConfigureAwait(false);
    }

    private async Task ShowAsync(Workload workload, CancellationToken stop)
    {
        var (calls, at) = (workload.Ended, LabClock.Now);
        using var timer = new PeriodicTimer(ProgressPeriod);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                var (now, then) = (workload.Ended, LabClock.Now);
                Show((now - calls) / LabClock.Seconds(at, then));
                (calls, at) = (now, then);
            }
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
    }

    private void Show(double callsPerSecond) => _progress.Report(
        new ExperimentProgress(TimeSpan.FromSeconds(LabClock.Seconds(_began, LabClock.Now)), _now, callsPerSecond));

    // As one user each; in turn at each gateway first.
    private async Task<IIpcClient> ConnectAsync(LabNodes nodes, CancellationToken cancelled)
    {
        var turn = (int)((uint)Interlocked.Increment(ref _turn) % nodes.All.Count);
        var gateways = nodes.All.Select(node => node.Gateway).ToList();
        return await IpcClient.ConnectAsync(
            new IpcClientOptions
            {
                Addresses = [.. gateways[turn..], .. gateways[..turn]], Uid = 0, Gid = 0,
                Namespace = _namespace,
                CloseTimeout = TimeSpan.FromSeconds(1),
            },
            cancelled).ConfigureAwait(false);
    }

    private WorkloadOptions WorkloadOptions() => new()
    {
        Seed = _options.Seed, Duration = Endless, Clients = _options.Clients, Queues = _options.Queues,
        Sets = _options.Sets, Words = _options.Words, Parked = _options.Parked, ParkedQueues = ParkedQueues,
        CallsPerSecond = _options.CallsPerSecond,
    };

    private LabNodes OfContainers(Fleet fleet) => new(
    [
        .. fleet.Nodes.Select((container, index) => new ContainerNode(
            container, _options.Cluster[index], Path.Combine(_options.Out, $"{container.Name}.log"))),
    ]);

    private INetwork NewNetwork() =>
        _options.Kind == ExperimentKind.Partition ? new NamespaceNetwork() : new LoopbackNetwork();

    private ILabJournal NewJournal(string work, string host) => _options.Journal switch
    {
        "sqlite" => new SharedSqlite(work),
        "postgres" => new PrivatePostgres(work, host),
        null when PrivatePostgres.Find() is null => new SharedSqlite(work),
        null => new PrivatePostgres(work, host),
        var url => new GivenPostgres(url),
    };

    private IScenario NewScenario() => _options.Kind switch
    {
        ExperimentKind.Failover => new Failover(),
        ExperimentKind.Pause => new Pause(),
        ExperimentKind.Partition => new Partition(),
        ExperimentKind.Rolling => new Rolling(),
        ExperimentKind.Journal => new JournalLoss(),
        _ => new Persistence(),
    };
}
