"""`python -m nn` lists the programs."""

from nn.installation import NAME, PROGRAMS, VERSION, command

if __name__ == "__main__":
    print(f"{NAME} {VERSION}")
    for program, purpose in PROGRAMS.items():
        print(f"  {command(program):18} {purpose}")
    print("Every program explains its flags with --help.")
