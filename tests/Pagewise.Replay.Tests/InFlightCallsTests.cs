using Pagewise.Replay.Checking;

namespace Pagewise.Replay.Tests;

/// <summary>strace does not tell in which order the calls of two threads took effect when both were in the kernel.</summary>
public sealed class InFlightCallsTests
{
    // Line 1 fixes where the mappings go (its own place is made up), line 13 is wrong in any order.
    private const string Recording = """
        1000  mmap(NULL, 1048576, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7eff000
        1000  clone(child_stack=0x7ffff77c7000, flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD) = 1001
        1000  mmap(NULL, 8192, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0 <unfinished ...>
        1001  mmap(NULL, 12288, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0 <unfinished ...>
        1000  <... mmap resumed>) = 0x7ffff7efa000
        1001  <... mmap resumed>) = 0x7ffff7efc000
        1000  munmap(0x7ffff7efa000, 8192 <unfinished ...>
        1001  mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7efb000
        1000  <... munmap resumed>) = 0
        1000  mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0 <unfinished ...>
        1001  mmap(NULL, 8192, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7ef8000
        1000  <... mmap resumed>) = 0x7ffff7efa000
        1000  mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7ef0000

        """;

    [Fact]
    public void TheOrderThatExplainsTheAddressesIsTaken()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, Recording);
            CheckResult result = Checker.Check(file, new CheckOptions { DifferenceLimit = 20 });
            result.Results.ShouldBe(9);
            result.Differences.Select(difference => difference.Line).ShouldBe([1, 13]);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
