using Xunit.Abstractions;

namespace Cluster.Core.Tests.Model.Mqueues;

/// <summary>The real queue against the model, over a long random run (<see cref="ModelRun"/>).</summary>
public sealed class MqueueModelTests(ITestOutputHelper output)
{
    private static readonly string[] Outcomes =
    [
        "ok", "message", "opened", "poll", "registered", "notified", "attr", "stat", "EACCES", "EAGAIN", "EBADF", "EBUSY",
        "EIDRM", "EINTR", "EINVAL", "EMSGSIZE", "ENOENT", "ETIMEDOUT", "unlinked and ended",
    ];

    [Fact]
    public void The_object_behaves_as_its_model() => ModelRun.Play(seed => new MqueueRun(seed), Outcomes, output);
}
