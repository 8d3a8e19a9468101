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
/// Runs a workload on a cluster of real processes or containers with a real journal, injects faults meanwhile, and
/// checks the calls of the clients.
/// </summary>
public sealed class Experiment
{
    private static readonly TimeSpan AfterHealing = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ProgressPeriod = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Endless = TimeSpan.FromHours(12);
    private const int ParkedQueues = 4;

    private readonly ExperimentOptions _options;
    private readonly IProgress<ExperimentProgress> _progress;
    private readonly DateTimeOffset _at = TimeProvider.System.GetUtcNow();
    private readonly long _startedAt = LabClock.Now;
    private readonly Timeline _timeline;
    private string _now = "";
    private string _namespace = "/";
    private IReadOnlySet<string>? _hurt;
    private IReadOnlySet<string>? _hurtSegments;
    private int _turn;

    /// <param name="options">The options.</param>
    /// <param name="progress">Gets the progress, twice a second.</param>
    public Experiment(ExperimentOptions options, IProgress<ExperimentProgress> progress)
    {
        (_options, _progress) = (options, progress);
        _timeline = new Timeline(what =>
        {
            _now = what;
            Show(0);
        });
    }

    /// <summary>Runs the experiment. It always ends its processes and removes its networks.</summary>
    /// <exception cref="ExperimentException">The experiment could not be run.</exception>
    public async Task<ExperimentResult> RunAsync(CancellationToken cancelled)
    {
        if (!OperatingSystem.IsLinux()) throw new ExperimentException("experiments are made with Linux processes only");
        CreateOutputDirectory();
        var work = Directory.CreateTempSubdirectory("ipc-lab-").FullName;
        // PostgreSQL runs as another user, and needs access.
        File.SetUnixFileMode(work, (UnixFileMode)0b111_101_101);
        // Noted at the start, because the timeline of the report ends before the journal would be removed.
        if (KeepsJournal) _timeline.Note($"the journal will be kept in {work}");
        try
        {
            var containers = _options.Cluster.Count > 0
                ? await ContainerCluster.FindAsync(_options).ConfigureAwait(false)
                : null;
            using var clocks = _options.Kind == ExperimentKind.Clock ? new FakeClocks(work, _options.Nodes) : null;
            await using var network = containers is null ? NewNetwork() : new ContainerNetwork(containers);
            await network.OpenAsync(_options.Nodes).ConfigureAwait(false);
            await using var disk = _options.Kind == ExperimentKind.Disk ? new LabDisk(work) : null;
            if (disk is not null) await disk.OpenAsync().ConfigureAwait(false);
            await using var journal = containers is null
                ? NewJournal(disk?.Folder ?? work, network.HostAddress)
                : new ContainerJournal(containers.Journal);
            _timeline.Note($"journal: {journal.Name}");
            await journal.OpenAsync().ConfigureAwait(false);
            await using var nodes = containers is null
                ? LabNodes.OfProcesses(_options, network, journal.Setting, work, clocks)
                : OfContainers(containers);
            _timeline.Note($"{_options.Nodes} nodes start");
            await nodes.StartAsync(cancelled).ConfigureAwait(false);
            _timeline.Note("the nodes are ready");
            await using var ownNamespace = containers is null
                ? null
                : await ExperimentNamespace.OpenAsync(_options, cancelled).ConfigureAwait(false);
            _namespace = ownNamespace?.Path ?? "/";
            await using var workload = new Workload(WorkloadOptions(), token => ConnectAsync(nodes, token));
            var context = new ScenarioContext
            {
                Options = _options, Nodes = nodes, Network = network, Journal = journal, Timeline = _timeline,
                Connect = token => ConnectAsync(nodes, token),
                ConnectAs = (lease, time) => ConnectAsync(
                    nodes, CancellationToken.None, own => own with
                    {
                        Lease = lease, TimeProvider = time, CloseTimeout = TimeSpan.Zero,
                    }),
                Clocks = clocks, Disk = disk,
                Choose = async victim =>
                {
                    _hurt = await nodes.ObjectsOnAsync(victim, _namespace, workload.Objects).ConfigureAwait(false);
                    _hurtSegments = await nodes.ObjectsOnAsync(victim, _namespace, workload.Segments)
                        .ConfigureAwait(false);
                },
            };
            return await RunAsync(context, workload, journal, nodes, cancelled).ConfigureAwait(false);
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

    // A journal that existed before the experiment is never removed.
    private bool KeepsJournal =>
        _options is { Keep: true, Cluster.Count: 0, Journal: null or "sqlite" or "postgres" };

    private void CreateOutputDirectory()
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
        ScenarioContext context, Workload workload, ILabJournal journal, LabNodes nodes, CancellationToken cancelled)
    {
        var scenario = NewScenario();
        await workload.PrepareAsync(cancelled).ConfigureAwait(false);
        await scenario.PrepareAsync(context, cancelled).ConfigureAwait(false);
        _timeline.Begin();
        _timeline.Note("the clients begin to work");
        var verdicts =
            new List<Verdict> { await RunWorkloadAsync(context, scenario, workload, cancelled).ConfigureAwait(false) };
        var end = _timeline.Note("the clients are told to stop; what is left is looked for");
        verdicts.Add(await DrainAsync(workload, cancelled).ConfigureAwait(false));
        await scenario.EndAsync(context, cancelled).ConfigureAwait(false);
        var history = workload.History;
        _timeline.Note($"{history.Operations.Count} calls are checked");
        await WriteAsync(history).ConfigureAwait(false);
        foreach (var node in nodes.All.OfType<ContainerNode>()) await node.CollectAsync(_at).ConfigureAwait(false);
        verdicts.AddRange(context.Verdicts);
        if (_options.Kind == ExperimentKind.Clock)
        {
            context.Check(new TimeoutsInTime(context.Failovers, context.FaultAt));
            context.Check(new NoClientHangs(context.Failovers, context.FaultAt, end));
            context.Check(new LivingProcesses());
        }

        verdicts.AddRange(context.Checkers.Select(checker => checker.Check(history)));
        verdicts.AddRange(await Task.Run(() => CheckerSuite.Check(history), cancelled).ConfigureAwait(false));
        return new ExperimentResult
        {
            Options = _options,
            Journal = journal.Name,
            Version = typeof(Experiment).Assembly.GetName().Version?.ToString(3) ?? "",
            At = _at,
            Seconds = LabClock.Seconds(_timeline.Start, end),
            FaultAt = LabClock.Seconds(_timeline.Start, context.FaultAt),
            HealedAt = LabClock.Seconds(_timeline.Start, context.HealedAt),
            Timeline = _timeline.Events,
            Tally = Tally.Of(history),
            LostClients = workload.LostClients,
            Gaps = [.. Gaps.Of(history, context.FaultAt, end)
                .Select(gap => gap with { IsHurt = _hurt?.Contains(gap.Object) })],
            AwayGaps = AwayGaps(history, context, end),
            Start = _timeline.Start,
            Plot = PlotSecond.Of(history, _timeline.Start, end),
            Verdicts = verdicts,
            Output = nodes.All.ToDictionary(node => node.Name, node => node.Excerpt),
        };
    }

    // A word whose extent is on another node and whose segment is on the node with the fault counts for neither: only
    // the clients that attach it first wait for that node.
    private IReadOnlyList<Gap> AwayGaps(History history, ScenarioContext context, long end) =>
        _hurt is null || _hurtSegments is null || context.RestartedAt == 0
            ? []
            : [.. Gaps.Of(history, context.FaultAt, end, begunBy: context.RestartedAt)
                .Select(gap => gap with { IsHurt = _hurt.Contains(gap.Object) })
                .Where(gap => gap.IsHurt == true || !_hurtSegments.Contains(gap.Object))];

    private async Task<Verdict> RunWorkloadAsync(
        ScenarioContext context, IScenario scenario, Workload workload, CancellationToken cancelled)
    {
        const string Name = "all calls are answered";
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        var run = workload.RunAsync(enough.Token);
        var shown = ShowAsync(workload, enough.Token);
        try
        {
            var least = Task.Delay(_options.Duration, cancelled);
            await RunScenarioAsync(context, scenario, cancelled).ConfigureAwait(false);
            await Task.Delay(AfterHealing, cancelled).ConfigureAwait(false);
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

    // A node that does not start again after a fault is a failure of the product. A failure before the first fault is
    // one of the experiment.
    private static async Task RunScenarioAsync(ScenarioContext context, IScenario scenario, CancellationToken cancelled)
    {
        const string Name = "all nodes come back";
        try
        {
            await scenario.RunAsync(context, cancelled).ConfigureAwait(false);
            context.Report(Name, true, "every node that was started again became ready");
        }
        catch (ExperimentException exception) when (context.FaultAt != 0)
        {
            context.Healed($"the cluster is not whole: {exception.Message}");
            context.Report(Name, false, exception.Message);
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
                "a parked caller was not served, something acknowledged was not found, or a set is not as it was at "
                + "first",
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
            // The workload has ended.
        }
    }

    private void Show(double callsPerSecond) => _progress.Report(
        new ExperimentProgress(TimeSpan.FromSeconds(LabClock.Seconds(_startedAt, LabClock.Now)), _now, callsPerSecond));

    // All clients are the same user. Each starts with another gateway.
    private async Task<IIpcClient> ConnectAsync(
        LabNodes nodes, CancellationToken cancelled, Func<IpcClientOptions, IpcClientOptions>? own = null)
    {
        var turn = (int)((uint)Interlocked.Increment(ref _turn) % nodes.All.Count);
        var gateways = nodes.All.Select(node => node.Gateway).ToList();
        var options = new IpcClientOptions
        {
            Addresses = [.. gateways[turn..], .. gateways[..turn]], Uid = 0, Gid = 0,
            Namespace = _namespace,
            CloseTimeout = TimeSpan.FromSeconds(1),
        };
        return await IpcClient.ConnectAsync(own?.Invoke(options) ?? options, cancelled).ConfigureAwait(false);
    }

    private WorkloadOptions WorkloadOptions() => new()
    {
        Seed = _options.Seed, Duration = Endless, Clients = _options.Clients, Queues = _options.Queues,
        Sets = _options.Sets, Words = _options.Words, PosixQueues = _options.PosixQueues,
        PosixSemaphores = _options.PosixSemaphores, Streams = _options.Streams, Parked = _options.Parked, ParkedQueues = ParkedQueues,
        CallsPerSecond = _options.CallsPerSecond, Timed = _options.Kind == ExperimentKind.Clock,
    };

    private LabNodes OfContainers(ContainerCluster containers) => new(
    [
        .. containers.Nodes.Select((container, index) => new ContainerNode(
            container, _options.Cluster[index], Path.Combine(_options.Out, $"{container.Name}.log"))),
    ]);

    private INetwork NewNetwork() =>
        _options.Kind is ExperimentKind.Partition or ExperimentKind.Asymmetric ? new NamespaceNetwork() : new LoopbackNetwork();

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
        ExperimentKind.Clock => new ClockSteps(),
        ExperimentKind.Asymmetric => new Asymmetric(),
        ExperimentKind.Disk => new DiskFaults(),
        _ => new Persistence(),
    };
}
