using Xunit.Abstractions;

namespace Cluster.Core.Tests.Model.MessageQueues;

/// <summary>The real queue against the model, over a long random run (<see cref="ModelRun"/>).</summary>
public sealed class QueueModelTests(ITestOutputHelper output)
{
    private static readonly string[] Outcomes =
        ["ok", "message", "E2BIG", "EACCES", "EAGAIN", "EIDRM", "EINTR", "EINVAL", "ENOMSG", "EPERM", "ETIMEDOUT"];

    [Fact]
    public void The_object_behaves_as_its_model() => ModelRun.Play(seed => new QueueRun(seed), Outcomes, output);
}
