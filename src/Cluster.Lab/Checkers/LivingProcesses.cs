using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>No client lost its process: the cluster took no process that lives for dead.</summary>
public sealed class LivingProcesses : IChecker
{
    public string Name => "processes that live are not taken for dead";

    public Verdict Check(History history)
    {
        var lost = history.Operations.FirstOrDefault(call => call.Outcome == Outcome.Unknown);
        return lost is null
            ? Verdict.Held(Name, $"none of {history.Operations.Select(call => call.Client).Distinct().Count()} was")
            : Verdict.Broken(Name, new Finding($"client {lost.Client} lost its process", lost));
    }
}
