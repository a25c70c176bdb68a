using System.Text;
using Pagewise.Kernel.Swap;
using Pagewise.Workloads;

namespace Pagewise.Replay.Tests;

/// <summary>Recordings that switch swap areas on and off.</summary>
public sealed class SwapCallsTests
{
    [Fact]
    public void RecordedCallsMoveTheMachinesAreas()
    {
        const string log = """
            1 openat(AT_FDCWD, "/swapfile", O_RDWR|O_CREAT, 0600) = 3</swapfile>
            1 ftruncate(3</swapfile>, 409600) = 0
            1 swapoff("/a") = 0
            1 swapoff("/a") = -1 EINVAL (Invalid argument)
            1 swapon("/swapfile", SWAP_FLAG_PREFER|5) = 0
            1 swapon("/swapfile", 0) = -1 EBUSY (Device or resource busy)
            1 swapon("/elsewhere", 0) = 0
            1 swapon("/a", 0) = 0
            1 exit_group(0) = ?

            """;
        using var reader = RecordingReader.Open("log", new MemoryStream(Encoding.ASCII.GetBytes(log)));
        using var replayer = new Replayer(reader, new ReplayOptions
        {
            Configure = spec => spec with { SwapAreas = [new SwapAreaSpec(1025) { Name = "/a" }], SwapBytes = 4 << 20 },
        });
        replayer.Run();

        replayer.Log.DifferenceCount.ShouldBe(0);
        replayer.Warnings.Keys.ShouldContain("swapon of /elsewhere: the machine has no such area; a machine file may name it under swap_areas");
        SwapSpace swap = replayer.Machine.Swap;
        swap.Types.Select(type => (swap.SpecOf(type).Name, swap.SpecOf(type).Pages, swap.SpecOf(type).Priority)).ShouldBe([("/swapfile", 100u, 5), ("/a", 1025u, -2)]);
    }
}
