using Pagewise.Architecture.Tests.Metadata;

namespace Pagewise.Architecture.Tests;

public class UnsafeCodeTests
{
    [Fact]
    public void UnsafeCodeStandsInNativeMemoryOnly()
    {
        foreach (AssemblyFacts facts in House.Assemblies.Where(facts => facts.Name != "Pagewise.NativeMemory"))
            UnsafeCode.Violations(facts).ShouldBeEmpty(facts.Name);
    }

    [Fact]
    public void NativeMemoryItselfIsSeenAsUnsafe() => UnsafeCode.Violations(House.Assembly("Pagewise.NativeMemory")).ShouldNotBeEmpty();

    [Fact]
    public void EveryKindOfUnsafeCodeIsFound()
    {
        const string Pointers = "Pagewise.Architecture.Tests.Fixtures.Pointers";
        UnsafeCode.Violations(House.Tests).ShouldBe(
        [
            "Pagewise.Architecture.Tests is compiled with unsafe blocks allowed",
            $"{Pointers} uses System.Runtime.CompilerServices.Unsafe.As",
            $"{Pointers}.Field holds a pointer",
            $"{Pointers}.GetPid is imported native code",
            $"{Pointers}.Local has a pointer among its locals",
            $"{Pointers}.Signature has a pointer in its signature",
        ]);
    }
}
