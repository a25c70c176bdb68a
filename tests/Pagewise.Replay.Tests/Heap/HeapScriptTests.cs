using Pagewise.Replay.Heap;
using Pagewise.Workloads;

namespace Pagewise.Replay.Tests.Heap;

public class HeapScriptTests
{
    [Fact]
    public void CallsAreNumberedAndStepsBetweenThemAreNot()
    {
        HeapScript script = Scripts.Of("""
            # malloc trace 1
            # heap start (sbrk(0) at first call) 0x555555559000
            [1] malloc(24) = 0x5555555592a0
            [1] SYS_mmap(NULL, 8192, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fbd000
            [2] malloc(30) = 0x7ffff0000b70
            # [2] thread-exit
            [1] free(0x5555555592a0) = <void>
            """);

        script.Calls.ShouldBe(3);
        script.Count.ShouldBe(5);
        script.Threads.ShouldBe(2);
        script.StepOfCall(1).ShouldBe(0);
        script.StepOfCall(2).ShouldBe(2);
        script.StepOfCall(3).ShouldBe(4);
        script.CallOfStep(3).ShouldBe(2);
        script.Describe(2).ShouldBe("malloc(30)");
    }

    [Fact]
    public void WhatContradictsItselfIsCountedAndPassedOver()
    {
        HeapScript script = Scripts.Of("""
            # malloc trace 1
            [1] malloc(24) = 0x1000
            [1] free(0x2000) = <void>
            [1] free(0x1000) = <void>
            [1] free(0x1000) = <void>
            [1] realloc(0x3000, 50) = 0x4000
            [1] malloc(10) = 0x4000
            [1] malloc_usable_size(0x9000) = 24
            """);

        script.Warnings.ShouldBe(new Dictionary<string, long>
        {
            ["a result that is the address of a live block"] = 1,
            ["free of a pointer that is no live block"] = 2,
            ["malloc_usable_size of a pointer that is no live block"] = 1,
            ["realloc of a pointer that is no live block"] = 1,
        }, ignoreOrder: true);
        HeapTotals totals = Scripts.Replay(script);
        totals.Calls.ShouldBe(7);
        totals.LiveBlocks.ShouldBe(2);
    }

    [Fact]
    public void TheCallThatDidNotReturnEndsTheReplayWithGlibcsMessage()
    {
        HeapScript script = Scripts.Of("""
            # malloc trace 1
            # heap start (sbrk(0) at first call) 0x555555559000
            [1] malloc(24) = 0x5555555592a0
            [1] free(0x5555555592a0) = <void>
            [1] free(0x5555555592a0) = ?
            """);
        HeapTotals totals = Scripts.Replay(script);

        totals.Abort.ShouldBe("free(): double free detected in tcache 2");
        totals.AbortStep.ShouldBe(3);
    }

    [Theory]
    [InlineData("# malloc trace 1\n", "test.heap: holds no call of the malloc family: it is no heap recording")]
    [InlineData("# malloc trace 1\n[1] malloc(24) = 0x10\n[1] malloc(2", "test.heap:3:13: expected ) = and the result; the file is cut here")]
    [InlineData("", "test.heap: is empty")]
    public void ADamagedRecordingIsOneLine(string text, string message) =>
        Should.Throw<RecordingException>(() => Scripts.Of(text)).Message.ShouldBe(message);

    [Fact]
    public void AnotherGlibcOrPlatformIsRefused()
    {
        Should.Throw<RecordingException>(() => Scripts.Replay(Scripts.Of("# malloc trace 1\n# glibc 2.19 word 64 x86_64\n[1] malloc(1) = 0x10\n")))
            .Message.ShouldStartWith("test.heap: is of glibc 2.19; modelled are ");
        Should.Throw<RecordingException>(() => Scripts.Replay(Scripts.Of("# malloc trace 1\n# glibc 2.36 word 64 riscv64\n[1] malloc(1) = 0x10\n")))
            .Message.ShouldStartWith("test.heap: is of riscv64; modelled are ");
    }

    [Fact]
    public void RandomBytesInARecordingNeverCrashTheReplay()
    {
        string[] lines = """
            # malloc trace 1
            # heap start (sbrk(0) at first call) 0x555555559000
            [1] malloc(24) = 0x5555555592a0
            [1] realloc(0x5555555592a0, 300) = 0x5555555592c0
            [2] calloc(3, 8) = 0x7ffff0000b70
            [2] memalign(64, 100) = 0x7ffff0000bc0
            [1] SYS_brk(0x555555579000) = 0x555555579000
            # brk 0x555555579000
            [2] free(0x7ffff0000b70) = <void>
            # [2] thread-exit
            [1] mallopt(-1, 100) = 1
            [1] malloc_trim(0) = 1
            [1] free(0x5555555592c0) = <void>
            """.Split('\n');
        var random = new Random(20);
        for (int round = 0; round < 3000; round++)
        {
            string[] changed = [.. lines];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                int line = random.Next(1, changed.Length);
                char[] text = changed[line].ToCharArray();
                text[random.Next(text.Length)] = "0123456789abcdefx()[], -?"[random.Next(25)];
                changed[line] = new string(text);
            }

            try
            {
                HeapScript script = Scripts.Of(string.Join('\n', changed));
                using var replayer = HeapReplayer.Create(script, new HeapReplayOptions { Touch = TouchAssumption.None });
                replayer.Run();
                _ = HeapAnatomy.Of(replayer.TakeSnapshot());
            }
            catch (RecordingException)
            {
                // A clear line is as good as a replay.
            }
        }
    }
}
