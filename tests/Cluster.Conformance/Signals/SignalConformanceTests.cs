using System.Runtime.InteropServices;
using Cluster.Conformance.Stories;
using Xunit.Abstractions;

namespace Cluster.Conformance.Signals;

/// <summary>
/// Random stories of signals on a real process and on one of the cluster: pending sets, their order, senders and values,
/// masks, dispositions, stops, and the signal that kills must agree.
/// </summary>
public sealed class SignalConformanceTests(ITestOutputHelper output)
{
    private const int StepsPerScript = 400;

    [SkippableFact]
    public void A_process_behaves_as_in_linux()
    {
        Skip.IfNot(
            RuntimeInformation.ProcessArchitecture == Architecture.X64 && File.Exists("/usr/bin/perl"),
            "the program that gets the signals needs perl and the system calls of x86-64");
        new ConformanceRun("signals", output).Run(
            _ => new Comparison(), (random, _) => Script.Draw(random, StepsPerScript));
    }
}
